import Foundation
import Glibc
import JSON
import MCP
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Host

/// A pool of its own for one test, with a scripted server in a temporary directory; everything is shut down afterwards.
struct UpstreamFixture: Sendable {
  let pool: UpstreamPool
  let group: any EventLoopGroup
  let directory: String
  let log: UpstreamTestLog
  let notifications: Recorded<String>

  /// The built gateway, which lies beside the test program.
  static let gatewayPath: String = {
    let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return (program as NSString).deletingLastPathComponent + "/secure-mcp-gateway"
  }()

  /// The interpreter itself: what stands first in PATH may be a script that sets variables and starts slowly.
  static let pythonPath: String = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", "import sys; print(sys.executable, end='')"]
    let output = Pipe()
    process.standardOutput = output
    do { try process.run() } catch { return "/usr/bin/python3" }
    let path = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return path
  }()

  static func run(
    capacity: PoolCapacity = PoolCapacity(), terminationGrace: TimeAmount = Limits.Upstream.terminationGrace,
    _ body: (UpstreamFixture) async throws -> Void
  ) async throws {
    let directory = NSTemporaryDirectory() + "upstream-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try scriptedServer.write(toFile: directory + "/server.py", atomically: true, encoding: .utf8)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let log = UpstreamTestLog()
    let notifications = Recorded<String>()
    let setup = UpstreamSetup(
      supervisorPath: gatewayPath, log: Log(sink: log, scope: "upstream"), clientInfo: Implementation(name: "test", version: "1"),
      terminationGrace: terminationGrace, onNotification: { _, notification in notifications.append(notification.method) })
    let pool = UpstreamPool(group: group, setup: setup, capacity: capacity)
    let fixture = UpstreamFixture(pool: pool, group: group, directory: directory, log: log, notifications: notifications)
    let result: Result<Void, any Error>
    do { result = .success(try await body(fixture)) } catch { result = .failure(error) }
    await pool.shutdown(deadline: .now() + .seconds(10))
    try await group.shutdownGracefully()
    try result.get()
  }

  /// An entry that runs the scripted server.
  func server(
    _ name: String = "scripted", arguments: [String] = [], environment: [String: String] = [:],
    sharing: UpstreamServer.Sharing = .principal, idleTimeout: TimeAmount = .minutes(5), startTimeout: TimeAmount = .seconds(30),
    revision: String = "1"
  ) -> UpstreamServer {
    UpstreamServer(
      configID: "config", name: name, command: Self.pythonPath, arguments: ["-u", directory + "/server.py"] + arguments,
      environment: environment, workingDirectory: directory, sharing: sharing, idleTimeout: idleTimeout, startTimeout: startTimeout,
      revision: revision)
  }

  func target(_ server: UpstreamServer, principal: String = "alice", session: String? = nil) -> UpstreamTarget {
    UpstreamTarget(principal: principal, session: session, server: server)
  }

  /// The process ids that a server with the arguments `count <directory>/starts` had so far.
  func starts() throws -> [Int32] {
    let path = directory + "/starts"
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").compactMap { Int32($0) }
  }

  /// Calls a tool of the scripted server and gives the `structuredContent` of its answer.
  @discardableResult
  func call(
    _ target: UpstreamTarget, _ tool: String, _ arguments: JSONValue = [:], timeout: TimeAmount = .seconds(30),
    listener: (any UpstreamListener)? = nil
  ) async throws(UpstreamError) -> JSONValue {
    let params: JSONValue = ["name": .string(tool), "arguments": arguments]
    let reply = try await pool.request(
      target, method: "tools/call", params: params.serialized(), deadline: .now() + timeout, listener: listener)
    switch reply {
    case .result(let result): return result["structuredContent"]?.value ?? .null
    case .error(let error): return .string("error \(error.code)")
    case .inputRequired(let asked): return .string("asks for \(asked.questions.map(\.method).joined(separator: ", "))")
    }
  }

  /// Calls a tool and compares the answer.
  func expect(
    _ target: UpstreamTarget, _ tool: String, _ arguments: JSONValue = [:], gives expected: JSONValue,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let answer = try await call(target, tool, arguments)
    #expect(answer == expected, sourceLocation: sourceLocation)
  }
}

/// What was reported from any thread, in order.
final class Recorded<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])
  var all: [Element] { elements.withLock { $0 } }
  func append(_ element: Element) { elements.withLock { $0.append(element) } }
}

final class UpstreamTestLog: LogSink {
  let minimumLevel = LogLevel.debug
  private let records = Mutex<[LogRecord]>([])
  func write(_ record: LogRecord) { records.withLock { $0.append(record) } }
  var messages: [String] { records.withLock { $0.map { $0.message } } }
  /// Everything that was logged, fields included.
  var text: String {
    records.withLock { $0.map { "\($0.message) \($0.fields.map { "\($0.key)=\($0.value)" })" }.joined(separator: "\n") }
  }
}

/// Polls until `condition` holds; records a failure if it does not in time.
func eventually(
  _ what: Comment, within timeout: TimeAmount = .seconds(10), sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () async throws -> Bool
) async throws {
  let deadline = NIODeadline.now() + timeout
  while try await !condition() {
    guard NIODeadline.now() < deadline else {
      Issue.record(what, sourceLocation: sourceLocation)
      return
    }
    try await Task.sleep(nanoseconds: 5_000_000)
  }
}

/// True as long as the process exists, as a zombie as well.
func processExists(_ pid: Int32) -> Bool { access("/proc/\(pid)", F_OK) == 0 }

/// An MCP server that does on demand what hostile and clumsy servers do.
private let scriptedServer = #"""
  import json, os, random, signal, subprocess, sys, threading, time

  lock = threading.Lock()
  cancelled = []
  answered_when_cancelled = []
  answers = {}
  arguments = sys.argv[1:]

  def write(text):
      with lock:
          os.write(1, text.encode()) if len(text) < 4096 else sys.stdout.write(text)
          sys.stdout.flush()

  def send(message):
      write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")

  def result(id, value):
      send({"id": id, "result": {"content": [], "structuredContent": value}})

  def stubborn():
      # Ignores SIGTERM, left the process group, and has a child that did the same.
      code = ("import os, signal, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nos.setsid()\n"
              "child = os.fork()\nif child == 0: os.setsid()\nelse: print(os.getpid(), child, flush=True)\nos.close(1)\ntime.sleep(600)\n")
      p = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
      return [int(word) for word in p.stdout.readline().split()]

  def tool(id, name, args):
      if name == "echo": result(id, args)
      elif name == "slow_echo":
          threading.Timer(random.random() * 0.05, lambda: result(id, args)).start()
      elif name == "pid": result(id, {"pid": os.getpid(), "parent": os.getppid()})
      elif name == "environment": result(id, dict(os.environ))
      elif name == "descriptors":
          result(id, {fd: os.readlink("/proc/self/fd/" + fd) for fd in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + fd)})
      elif name == "limits": result(id, {"limits": open("/proc/self/limits").read(), "cwd": os.getcwd()})
      elif name == "die": os._exit(args.get("status", 3))
      elif name == "kill_self": os.kill(os.getpid(), signal.SIGKILL)
      elif name == "answer_and_die":
          result(id, args)
          os._exit(0)
      elif name in ("hang", "answer_when_cancelled"):
          if name != "hang": answered_when_cancelled.append(id)
          send({"method": "notifications/hanging"})
      elif name == "cancelled": result(id, {"cancelled": cancelled})
      elif name == "late":
          threading.Timer(0.3, lambda: result(id, args)).start()
      elif name == "big": result(id, {"text": "x" * args["bytes"]})
      elif name == "oversize":
          chunk = "y" * (1 << 20)
          for _ in range(args["megabytes"]): write(chunk)
      elif name == "garbage":
          for number in range(args["lines"]): write("this is line %d of no protocol\n" % number)
          result(id, {"done": True})
      elif name == "duplicate_keys":
          write('{"jsonrpc":"2.0","id":%d,"result":{"content":[],"content":[]}}\n' % id)
      elif name == "unknown_answers":
          for number in range(10): send({"id": 1000000 + number, "result": {}})
          send({"id": "1", "result": {}})
          result(id, {"done": True})
      elif name == "batch":
          write(json.dumps([{"jsonrpc": "2.0", "method": "notifications/prompts/list_changed", "params": {"level": "info", "data": 1}},
                            {"jsonrpc": "2.0", "id": id, "result": {"structuredContent": {"batched": True}}}]) + "\n")
      elif name == "ask":
          send({"id": "q1", "method": "ping"})
          send({"id": "q2", "method": "sampling/createMessage", "params": {}})
          threading.Thread(target=wait_for_answers, args=(id,)).start()
      elif name == "ask_and_stall": send({"id": "q1", "method": "sampling/createMessage", "params": {}})
      elif name == "notify":
          send({"method": "notifications/tools/list_changed"})
          result(id, {})
      elif name == "spawn": result(id, {"pids": stubborn()})
      elif name == "spawn_and_die":
          result(id, {"pids": stubborn()})
          os._exit(0)
      elif name == "stderr":
          for line in args["lines"]: print(line, file=sys.stderr, flush=True)
          result(id, {})
      elif name == "stderr_flood":
          os.write(2, b"noise\n" * args["lines"])
          result(id, {})
      elif name == "stop_reading":
          result(id, {})
          time.sleep(600)
      elif name == "close_output":
          os.close(1)
          time.sleep(600)
      elif name == "error": send({"id": id, "error": {"code": -32002, "message": "no such thing", "data": {"uri": "x"}}})
      else: send({"id": id, "error": {"code": -32602, "message": "unknown tool"}})

  def wait_for_answers(id):
      while len(answers) < 2: time.sleep(0.005)
      result(id, answers)

  if "count" in arguments:
      with open(arguments[arguments.index("count") + 1], "a") as f: f.write("%d\n" % os.getpid())
  if "die_at_start" in arguments: sys.exit(9)
  if "slow_start" in arguments: time.sleep(0.3)
  if "never_start" in arguments: time.sleep(600)
  if "ignore_term" in arguments: signal.signal(signal.SIGTERM, signal.SIG_IGN)

  for line in sys.stdin:
      message = json.loads(line)
      method = message.get("method")
      if method == "initialize":
          if "bad_version" in arguments: send({"id": message["id"], "result": {"protocolVersion": "1999-01-01"}})
          else:
              send({"id": message["id"], "result": {"protocolVersion": message["params"]["protocolVersion"],
                    "capabilities": {"tools": {}, "echo": message["params"]}, "serverInfo": {"name": "scripted", "version": "1"}}})
      elif method == "tools/call": tool(message["id"], message["params"]["name"], message["params"].get("arguments", {}))
      elif method == "notifications/cancelled":
          cancelled.append(message["params"])
          if message["params"]["requestId"] in answered_when_cancelled: result(message["params"]["requestId"], {})
      elif method == "server/discover": send({"id": message["id"], "error": {"code": -32601, "message": "no"}})
      elif method is None: answers[message["id"]] = message.get("result", message.get("error", {}).get("code"))
  if "stay" in arguments: time.sleep(600)
  """#
