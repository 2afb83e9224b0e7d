/// How much of what is measured; everything that decides how long a run takes.
struct CallPlan: Sendable {
  var messageBytes: Int
  /// Turns of each subject; the figures are medians over them.
  var rounds: Int
  var alone: SliceLength
  var together: SliceLength
  /// Connections of the second figure.
  var connections: Int
  var warmUpCalls: Int
  /// Also in sessions of 2025-11-25.
  var withSessions: Bool
}

/// One turn of one subject.
struct Round: Sendable {
  var alone: Slice
  var together: Slice
  /// Microseconds of processor time a call under load, per process of the subject.
  var cpu: [Double]
}

/// Every subject in turn, again and again, so that whatever else the machine does hits all of them alike.
struct CallMeasurement {
  let plan: CallPlan
  let subjects: [Subject]

  func run() throws -> [CallResult] {
    let alone = try subjects.map { LoadGenerator(try $0.callers(1)) }
    let together = try subjects.map { LoadGenerator(try $0.callers(plan.connections)) }
    for load in alone + together { try load.warmUp(calls: plan.warmUpCalls) }
    var rounds = subjects.map { _ in [Round]() }
    for _ in 0..<plan.rounds {
      for (index, subject) in subjects.enumerated() {
        rounds[index].append(try round(subject, alone[index], together[index]))
      }
    }
    return zip(subjects, rounds).map { subject, rounds in
      CallResult(
        name: subject.name, plan: plan, rounds: rounds, residentMB: subject.processes.map(\.residentMB),
        peakResidentMB: subject.processes.map(\.peakResidentMB))
    }
  }

  private func round(_ subject: Subject, _ alone: LoadGenerator, _ together: LoadGenerator) throws -> Round {
    let quiet = try alone.run(plan.alone)
    let before = subject.processes.map(\.cpuNanoseconds)
    let busy = try together.run(plan.together)
    let after = subject.processes.map(\.cpuNanoseconds)
    let cpu = zip(before, after).map { Double($1 &- $0) / 1000 / Double(busy.calls) }
    return Round(alone: quiet, together: busy, cpu: cpu)
  }
}

/// The medians of one subject.
struct CallResult: Sendable {
  let name: String
  let plan: CallPlan
  let rounds: [Round]
  let residentMB: [Double]
  let peakResidentMB: [Double]

  var p50: Double { Statistics.median(rounds.map(\.alone.p50)) }
  var p99: Double { Statistics.median(rounds.map(\.alone.p99)) }
  var callsPerSecond: Double { Statistics.median(rounds.map(\.together.callsPerSecond)) }
  var p99Together: Double { Statistics.median(rounds.map(\.together.p99)) }
  var serverCPU: Double { Statistics.median(rounds.map { $0.cpu[0] }) }
  /// Of the echo server behind the gateway; nil for the baseline.
  var childCPU: Double? { rounds.first?.cpu.count == 2 ? Statistics.median(rounds.map { $0.cpu[1] }) : nil }
  var calls: Int { rounds.reduce(0) { $0 + $1.alone.calls + $1.together.calls } }

  /// Medians over the rounds of what differs between this subject and the baseline in the same round.
  func compared(to baseline: CallResult) -> (throughput: Double, addedP50: Double, addedCPU: Double) {
    let pairs = zip(rounds, baseline.rounds)
    return (
      Statistics.median(pairs.map { $0.together.callsPerSecond / $1.together.callsPerSecond }),
      Statistics.median(pairs.map { $0.alone.p50 - $1.alone.p50 }), Statistics.median(pairs.map { $0.cpu[0] - $1.cpu[0] })
    )
  }
}
