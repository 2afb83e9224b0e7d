package import NIOCore

/// Every bound of the gateway, named, in one place. Sizes are bytes, times are `TimeAmount`, unless the name says otherwise.
package enum Limits {
  /// What a client may send.
  package enum Transport {
    /// A request body; more is refused with HTTP 413 before it is parsed.
    package static let maxBodyBytes = 16 << 20
    /// Request bodies in memory at once, over all connections; more are refused with HTTP 503.
    package static let maxBodyBytesTogether = 256 << 20
    package static let maxConnections = 20_000
    package static let backlog: Int32 = 1024
    /// A file of certificates or a key.
    package static let maxTLSFileBytes = 1 << 20
    /// An open connection without a request.
    package static let idleTimeout: TimeAmount = .seconds(120)
    /// From the end of a request's head to the end of its body.
    package static let bodyTimeout: TimeAmount = .seconds(30)
    /// A quiet event stream gets a comment this often, so that proxies leave it open.
    package static let keepAliveInterval: TimeAmount = .seconds(14)
    /// Bytes of an event stream that its client has not taken; beyond that the connection is closed.
    package static let maxEventBacklogBytes = 8 << 20
    /// A client that does not take its answer.
    package static let writeTimeout: TimeAmount = .seconds(30)
    /// How long running requests may take to finish when the gateway stops.
    package static let drainTimeout: TimeAmount = .seconds(10)
  }

  /// Conversations.
  package enum Session {
    /// Concurrent legacy sessions; one more ends the longest idle.
    package static let maxSessions = 10_000
    package static let idleExpiry: TimeAmount = .minutes(30)
    package static let sweepIntervalSeconds = 5
    /// Event streams of one session that are kept for a client to come back to; the oldest ended one goes first.
    package static let maxStreams = 64
    /// Events and bytes of one stream that are kept.
    package static let maxKeptEvents = 256
    package static let maxKeptEventBytes = 4 << 20
    /// Changes of lists within this time are told to a client once.
    package static let changeDelay: TimeAmount = .milliseconds(50)
    /// From the opening of a client's event stream of HTTP+SSE to its `initialize`.
    package static let beginTimeout: TimeAmount = .seconds(60)
    /// Requests of one session over HTTP+SSE without an answer yet.
    package static let maxRequestsUnderWay = 1024
    /// Resources whose changes one session, or one subscription of 2026-07-28, hears of; and all of one principal.
    package static let maxFollowedResources = 1_000
    package static let maxFollowedResourcesPerPrincipal = 10_000
    /// Of a resource whose changes are to be heard of.
    package static let maxFollowedURIBytes = 8_192
    /// Updates of resources on their way to one client; more are dropped.
    package static let maxUpdatesUnderWay = 256
    /// Questions to one client that it has not answered.
    package static let maxOpenQuestions = 64
  }

  /// Children and what they send.
  package enum Upstream {
    /// One line (message) from a child; a longer one ends the child.
    package static let maxMessageBytes = 64 << 20
    /// Bytes on their way to a child that it has not read yet; with more than that outstanding, calls are refused.
    package static let maxOutboundBytes = 32 << 20
    /// Calls that wait for an answer of one child.
    package static let maxInFlightPerChild = 1024
    /// A call that goes on reporting progress, or waits for its client's answers, ends after this long all the same.
    package static let maxCallDuration: TimeAmount = .hours(1)
    /// Notifications of one call that wait for their verdict; more are dropped.
    package static let maxQueuedNotifications = 256
    /// Lines in a row that are no message; one more and the child is taken to speak something else.
    package static let maxGarbageLines = 256
    /// Children alive, over all servers; one more ends the longest idle one.
    package static let maxChildren = 256
    /// Children of one entry of one configuration, over all principals and sessions.
    package static let maxChildrenPerServer = 64
    /// Children that are on their way out; while there are more, none is started.
    package static let maxClosingChildren = 64
    /// Calls that wait for one child to start.
    package static let maxWaitingCalls = 1024
    /// Servers that the pool remembers, those without a child (because they failed) included.
    package static let maxSlots = 4096
    /// From the first call to the end of the handshake, unless the server's entry says otherwise. Generous, since `npx` and `uvx`
    /// download what they run.
    package static let startTimeout: TimeAmount = .seconds(60)
    /// A child without a call for this long is ended, unless the server's entry says otherwise.
    package static let idleTimeout: TimeAmount = .minutes(10)
    /// Given to a child to leave by itself after its input was closed, before SIGTERM.
    package static let inputClosedGrace: TimeAmount = .milliseconds(500)
    /// Given to a child between SIGTERM and SIGKILL.
    package static let terminationGrace: TimeAmount = .seconds(2)
    /// Given to the calls of a retired child to finish.
    package static let drainTimeout: TimeAmount = .seconds(60)
    /// After the end of a child's output its exit status, and after its exit the rest of its output, is awaited this long.
    package static let exitReportDelay: TimeAmount = .seconds(1)
    /// A call timed out and the child has not read a byte of its input for this long since: it is ended.
    package static let unreadInputTimeout: TimeAmount = .seconds(5)
    /// Pause after the second failure in a row; doubles with each further one. The first failure costs no pause.
    package static let firstBackOff: TimeAmount = .milliseconds(500)
    package static let maxBackOff: TimeAmount = .seconds(60)
    /// A child that lived this long was healthy: its death counts as a first failure.
    package static let healthyAfter: TimeAmount = .seconds(30)
    /// Of its last ten calls a server may leave one less without an answer, unless its entry says otherwise.
    package static let maxUnanswered = 5
    /// How often an idle conversation over HTTP is asked for a sign of life, unless the server's entry says otherwise; how long the sign is waited for;
    /// and after how many in a row without one the conversation is given up.
    package static let healthInterval: TimeAmount = .seconds(30)
    package static let healthTimeout: TimeAmount = .seconds(5)
    package static let maxMissedChecks = 3
    /// A server that failed is tried again, without a call, so often; after that the next call does it.
    package static let maxRecoveries = 64
    /// A connection to a server over HTTP, unless the server's entry says otherwise.
    package static let connectTimeout: TimeAmount = .seconds(10)
    /// From the first call to the end of the handshake over HTTP, where nothing has to be downloaded first.
    package static let remoteStartTimeout: TimeAmount = .seconds(30)
    /// Of one request, all within the server's own scheme, host and port.
    package static let maxRedirects = 3
    /// The question whether a server speaks 2026-07-28; servers that stay silent to it are taken to speak an older revision.
    package static let probeTimeout: TimeAmount = .seconds(5)
    /// The same question over standard input, from when the server has read it, which is looked for at intervals.
    package static let stdioProbeTimeout: TimeAmount = .seconds(2)
    package static let questionCheckInterval: TimeAmount = .milliseconds(50)
    /// A server's answer to `logging/setLevel`, for which a call waits.
    package static let setLevelTimeout: TimeAmount = .seconds(2)
    /// Answers and notifications on their way to a server over HTTP, and how many of them at a time for one session.
    package static let messageTimeout: TimeAmount = .seconds(10)
    package static let maxMessagesUnderWay = 256
    /// The end of a session, told to its server.
    package static let farewellTimeout: TimeAmount = .seconds(2)
    /// An answered request's event stream that its server leaves open.
    package static let answeredStreamGrace: TimeAmount = .seconds(1)
    /// An event stream that always has more lets others have their turn after this long; a shorter wait for its next bytes is none.
    package static let streamTurn: TimeAmount = .milliseconds(5)
    package static let noticeableWait: TimeAmount = .microseconds(100)
    /// Silence on a session's own event stream, after which it is opened anew.
    package static let streamIdleTimeout: TimeAmount = .minutes(5)
    /// Silence on the one stream of the older HTTP transport, after which the session is given up.
    package static let onlyStreamIdleTimeout: TimeAmount = .hours(1)
    /// Pause before a lost event stream is opened again, unless the server names one; doubles while that fails.
    package static let firstStreamPause: TimeAmount = .seconds(1)
    package static let maxStreamPause: TimeAmount = .seconds(30)
    /// The server's word what it will tell of; then the subscription is tried again.
    package static let acknowledgementTimeout: TimeAmount = .seconds(10)
    /// The server's answer to the wish to hear of a resource, and how many such wishes it is told at a time.
    package static let followTimeout: TimeAmount = .seconds(10)
    package static let maxFollowsAtOnce = 16
    /// Attempts in a row, without an event in between, to go on with the stream of one request.
    package static let maxResumptions = 8
    /// Of an HTTP error's body so much is read to find out what it means.
    package static let maxErrorBodyBytes = 64 << 10
    package static let maxSessionIDBytes = 1024
    /// Servers of which it is remembered what they speak.
    package static let maxRememberedServers = 4096
    /// Requests to servers under way at a time, event streams included.
    package static let maxOutboundTransfers = 4096
    /// Standard error: longer lines are cut.
    package static let maxStderrLineBytes = 2048
    /// Standard error: lines logged a second, and at once after a pause; more are counted and dropped.
    package static let stderrLinesPerSecond = 20
    package static let stderrBurstLines = 100
  }

  /// Shared libraries and calls into them.
  package enum Plugin {
    /// Texts up to this size may be judged on the event loop by a trusted inline provider.
    package static let maxInlineTextBytes = 64 << 10
    /// Calls of all instances without an answer yet.
    package static let maxOpenCalls = 16_384
    /// Longest time an operation may be given, whatever its caller says.
    package static let maxCallDuration: TimeAmount = .minutes(10)
    /// Given to an instance that is no longer used: its calls to finish, and its own end.
    package static let retireTimeout: TimeAmount = .seconds(30)

    // Threads.
    package static let maxPoolThreads = 64
    package static let maxQueuedOperations = 4_096
    /// Operations of one instance that wait for its turn.
    package static let maxQueuedPerInstance = 1_024
    /// Threads that may be given up inside plugins before no more are replaced.
    package static let maxLostThreads = 64
    package static let idleThreadLife: TimeAmount = .seconds(10)
    package static let threadStackBytes = 8 << 20
    /// Threads for callbacks and cancel hints, and how long one of them may take.
    package static let maxServiceThreads = 8
    package static let serviceFrameBudget: TimeAmount = .seconds(1)
    /// Cancel hints of one instance on their way; more are not given.
    package static let maxPendingHints = 256
    /// How long after its call's deadline a frame on the pool may still be inside before it counts as stuck.
    package static let overdueGrace: TimeAmount = .milliseconds(250)
    /// How long a thread that was let in just before an instance closed may take to get there.
    package static let closingGrace: TimeAmount = .milliseconds(20)
    /// A frame on an event loop beyond this is misbehaviour.
    package static let inlineFrameBudget: TimeAmount = .milliseconds(1)

    // Plugins in processes of their own.
    /// Longer messages travel as shared memory; none is longer than the second.
    package static let maxPlainFrameBytes = 64 << 10
    package static let maxFrameBytes = 128 << 20
    /// What such a process is owed and does not read, until it is ended.
    package static let maxOwedFrames = 4_096
    package static let maxOwedBytes = 256 << 20
    /// Messages read from it before its deadlines are looked at again.
    package static let maxFramesPerTurn = 256
    /// How long it may stay inside a call that is over, and inside a callback, until it is ended.
    package static let isolatedLeaveBudget: TimeAmount = .seconds(2)
    package static let isolatedFrameBudget: TimeAmount = .seconds(10)
    /// Threads that it may have.
    package static let maxIsolatedThreads = 512
    /// What `memory_mb` may say.
    package static let sandboxMegabytes = 16...65_536
    /// What is kept of its standard error for the log.
    package static let maxLastWordsBytes = 2 << 10
    /// Pauses before the second start after an end and before all later ones; one that has lived this long begins anew.
    package static let firstRestartPause: TimeAmount = .milliseconds(100)
    package static let longestRestartPause: TimeAmount = .seconds(30)
    package static let restartCalm: TimeAmount = .seconds(60)

    // Libraries.
    package static let maxFilesPerFolder = 256
    /// How often the plugin folders are looked at.
    package static let watchIntervalSeconds = 1
    /// Builds of one file that are loaded side by side.
    package static let maxBuildsPerFile = 32
    package static let maxLibraryBytes = 256 << 20
    package static let maxProvidersPerLibrary = 64
    package static let maxIdentifierBytes = 128
    package static let maxConfigSchemaBytes = 1 << 20
    /// What a describing child may answer: with the configuration schemas.
    package static let maxDescriptorBytes = 16 << 20

    // Trust.
    package static let maxTrustedKeys = 64
    package static let maxListedLibraries = 1_024
    /// Signatures in the file beside a library, and that file's size.
    package static let maxSignatures = 16
    package static let maxSignatureBytes = 16 << 10
    /// A key in PEM.
    package static let maxKeyFileBytes = 16 << 10

    /// Bindings of earlier configurations whose counts are kept.
    package static let maxEndedBindings = 256

    // What a provider sends.
    package static let maxViolations = 1_024
    package static let maxReplacementBytes = 64 << 20
    package static let maxShortTextBytes = 1 << 10
    package static let maxMessageBytes = 4 << 10
    package static let maxJSONBytes = 256 << 10
    /// A configuration that an auth provider fetched.
    package static let maxDocumentBytes = 512 << 10
    package static let maxVaryNames = 64
    package static let maxLogFields = 16
    package static let maxLogMessagesPerSecond = 100
    package static let maxMetricLabels = 8
    package static let maxTimersPerInstance = 1_024
    package static let maxPresentedKeyBytes = 4 << 10

    // HTTP requests of one instance.
    package static let maxRequestsPerInstance = 128
    package static let maxURLBytes = 16 << 10
    package static let maxRequestHeaders = 128
    package static let maxHeaderValueBytes = 32 << 10
    package static let maxRequestBodyBytes = 16 << 20
    package static let maxResponseBytes = 16 << 20
    /// Bodies and answers of all its open requests.
    package static let maxHeldRequestBytes = 64 << 20
    /// Time of a request that serves no call and names no deadline.
    package static let defaultRequestDuration: TimeAmount = .seconds(30)
    /// Refused places of which the log tells how to allow them.
    package static let maxReportedPlaces = 32

    // Telemetry.
    package static let maxQueuedBatches = 64
    package static let telemetryFrameBudget: TimeAmount = .seconds(10)

    /// Least time `stop` and `destroy` get, even when draining used up the deadline.
    package static let minStopTime: TimeAmount = .seconds(2)
  }

  /// `plugin check`.
  package enum PluginCheck {
    /// Reasons, notes and names that a report keeps of one check.
    package static let maxReasons = 32
    /// What a child may answer, and what of its output is kept.
    package static let maxAnswerBytes = 1 << 20
    package static let maxOutputBytes = 4 << 10
    /// Name of a new plugin.
    package static let maxProjectNameBytes = 64
    /// CPU time of one check in its child.
    package static let cpuSeconds: UInt32 = 300
    /// Texts of the user's own, of at most so many bytes together.
    package static let maxTexts = 64
    package static let maxTextBytes = 1 << 20
    /// Completed calls that a long check remembers, so that a second completion is recognised.
    package static let maxKeptCalls = 10_000

    // How much is done.
    package static let threads = 8
    package static let rounds = 50
    package static let concurrencyNanoseconds: UInt64 = 4_000_000_000
    package static let cancellations = 300
    package static let warmUpCycles = 20
    package static let leakCycles = 40
    package static let timedCalls = 500
    package static let timingNanoseconds: UInt64 = 500_000_000
    package static let fuzzNanoseconds: UInt64 = 20_000_000_000

    // What is judged.
    /// The promise of SMG_PF_INLINE, and what cannot be a slow build or machine any more.
    package static let inlineNanoseconds: UInt64 = 100_000
    package static let waitingNanoseconds: UInt64 = 20_000_000
    /// What the check itself keeps of an instance, and what beyond is a leak.
    package static let ownBytesPerCycle = 2 << 10
    package static let leakedBytesPerCycle = 256
  }

  /// Records on their way to telemetry plugins.
  package enum Telemetry {
    /// Records waiting for a batch; more are dropped and counted.
    package static let maxQueuedRecords = 16_384
    /// Time between batches, and between snapshots of the metrics.
    package static let batchIntervalMilliseconds = 100
    package static let metricsInterval: TimeAmount = .seconds(60)
    /// Lines waiting to be written to standard error.
    package static let maxConsoleLines = 4_096
    /// What is passed on of a caller's trace; longer texts are dropped (W3C Trace Context section 3.3.1.5, W3C Baggage section 3.3.2).
    package static let maxTraceStateBytes = 512
    package static let maxBaggageBytes = 8_192
    package static let consoleFlushMilliseconds = 500
    /// Series of metrics that plugins record, over all of them.
    package static let maxPluginSeries = 2_048
  }

  /// The configuration document.
  package enum Config {
    package static let maxDocumentBytes = 256 << 20
    /// Mistakes reported of one document; the others are counted.
    package static let maxProblems = 50
    /// How often the file is looked at while nobody asks for anything.
    package static let watchIntervalSeconds = 1
    /// A file that `${file:…}` names.
    package static let maxSecretFileBytes = 64 << 10
    /// The longest time a setting may ask for: a leap year.
    package static let maxDurationSeconds: Double = 366 * 86_400
    /// The most that `limits` of a server may allow: more is no limit.
    package static let maxLimitBytes = 1 << 50
    /// Attempts to read a file that changes meanwhile, and to change one.
    package static let readAttempts = 3
    /// How long a change waits for others to finish theirs.
    package static let lockTimeout: TimeAmount = .seconds(10)
    /// Earlier versions that are kept, of each kind.
    package static let maxBackups = 50
    package static let maxBackupsPerSecond = 10_000
    /// Places shown of one change that is only tried.
    package static let maxShownChanges = 1_000
  }
}

extension Limits {
  /// Callers.
  package enum Auth {
    /// Longest time an identity is reused, whatever the provider says.
    package static let maxIdentityLifetime: TimeAmount = .minutes(5)
    package static let maxCachedIdentities = 10_000
    /// Configurations that an auth provider brought and that are held; each of at most `Plugin.maxDocumentBytes`.
    package static let maxFetchedConfigs = 500
    /// A shorter `admin_apikey` is not accepted.
    package static let minAdminKeyBytes = 16
    /// How long a key that was rotated may go on working: 90 days.
    package static let maxKeyOverlapSeconds = 90 * 86_400
    /// How often it is written when keys were last used.
    package static let keyUseInterval: TimeAmount = .seconds(10)
    /// Keys whose last use is known; of more, the latest.
    package static let maxKeyUses = 200_000
    package static let maxKeyUseFileBytes = 32 << 20
  }

  /// The record of administrative changes.
  package enum Audit {
    /// A file this large is put aside, and a new one begun.
    package static let maxFileBytes = 16 << 20
    /// Files put aside; the oldest one more goes.
    package static let maxOldFiles = 8
    package static let maxLineBytes = 16 << 10
    /// A value of an operation's input, as it is recorded.
    package static let maxValueCharacters = 256
    package static let lockTimeout: TimeAmount = .seconds(5)
    /// Lines of one process that are put on disk by one sync.
    package static let maxLinesTogether = 64
    /// Lines of one process that wait for the ones before; more are refused, and with them what they are about.
    package static let maxWaiting = 1024
    package static let groupTimeout: TimeAmount = .seconds(10)
  }

  /// The REST API for administrators.
  package enum REST {
    package static let maxBodyBytes = 16 << 20
    /// Request bodies in memory at once; more are refused with HTTP 503.
    package static let maxBodyBytesTogether = 256 << 20
    package static let maxConnections = 256
    package static let maxHeaderBytes = 32 << 10
    /// A connection without a request, or a request whose head or body makes no progress.
    package static let idleTimeout: TimeAmount = .seconds(30)
    /// From the head of a request to the end of its body.
    package static let bodyTimeout: TimeAmount = .seconds(30)
    /// Threads that work on the document, and requests that wait for one; more are refused with HTTP 503.
    package static let threads = 2
    package static let maxWaitingOperations = 64
    /// Wrong credentials from one address within a window, before it is locked out; then for how long, doubling up to the longest.
    package static let maxFailures = 10
    package static let failureWindow: TimeAmount = .seconds(60)
    package static let firstLockout: TimeAmount = .seconds(60)
    package static let longestLockout: TimeAmount = .minutes(15)
    /// Denied operations of one key within a window.
    package static let maxDenials = 300
    /// Addresses and keys whose failures are remembered; one more forgets the oldest.
    package static let maxRememberedFailures = 10_000
    /// Refused credentials that are put on record within a window, from all addresses; more are only counted.
    package static let maxRecordedFailures = 120
    /// Elements of one page.
    package static let maxPageSize = 1_000
    /// Answers that are kept for a request that is sent again, how long, and how large they may be.
    package static let maxKeptAnswers = 256
    package static let keptAnswerLifetime: TimeAmount = .minutes(10)
    package static let maxKeptAnswerBytes = 64 << 10
    package static let maxIdempotencyKeyBytes = 256
    /// Given to the API's process to end, before it is ended or given up.
    package static let stopTimeout: TimeAmount = .seconds(15)
    /// Documents in the folder of exports.
    package static let maxExports = 200
  }

  /// Batches of tool calls.
  package enum Router {
    package static let maxCallsPerBatch = 100
    /// Elementary steps of one validation by a tool's schema, some tens of nanoseconds each.
    package static let maxSchemaSteps = 1_000_000
    /// Places told of what does not fit a schema.
    package static let maxReportedViolations = 8
  }

  /// What servers ask of clients, in the way of 2026-07-28.
  package enum Bridge {
    /// Rounds of questions in one call.
    package static let maxRounds = 10
    package static let maxQuestionsPerRound = 32
    /// A server's name for a question.
    package static let maxQuestionKeyBytes = 256
    /// What a server gives to be brought back to it with the answers.
    package static let maxServerStateBytes = 64 << 10
    /// A `requestState` of the gateway's own, which may hold a server's; a longer one is not looked at.
    package static let maxStateBytes = 256 << 10
    /// Questions that arrive within this time are put to the client together.
    package static let gatherDelay: TimeAmount = .milliseconds(5)
    /// Calls by which a question that may be any call's is put to their client, one after the other when they end.
    package static let maxCallsAsked = 8
    /// How long a client may take to answer, unless `gateway.input_timeout` says otherwise.
    package static let inputTimeout: TimeAmount = .minutes(10)
    /// Web pages that clients were asked to visit and that are not known to be done; one more forgets the oldest.
    package static let maxPageVisits = 4_096
    package static let maxElicitationIDBytes = 256
    /// Calls that wait for their clients' answers, of one principal and altogether.
    package static let maxHeldPerPrincipal = 64
    package static let maxHeld = 4_096
    /// Between rounds in which a server asks nothing but to be called again: first and longest.
    package static let firstRepeatPause: TimeAmount = .milliseconds(50)
    package static let maxRepeatPause: TimeAmount = .milliseconds(250)
  }

  /// Verdicts as they are shown.
  package enum Guardrails {
    package static let maxReportedFindings = 32
    package static let maxLoggedFindings = 8
    /// What guardrails keep of conversations: states and bytes, altogether and of one principal. One state has at most 1 MiB (`SMG_STATE_MAX`).
    package static let maxStates = 20_000
    package static let maxStateBytes = 256 << 20
    package static let maxStatesPerPrincipal = 2_000
    package static let maxStateBytesPerPrincipal = 32 << 20
    /// How often a check that stands in line is made again because its session's state was changed meanwhile.
    package static let maxStateTries = 8
    /// The state of a session that ended without its guardrails' notice.
    package static let sessionStateExpiry: TimeAmount = .hours(24)
    /// How often what escapes hide may hide something in its own escapes.
    package static let maxEscapeLayers = 16
    /// Of a number that is read in its plain form too, however it is written.
    package static let maxPlainDigits = 40
    /// What escapes hide is read up to three times the size of the message, and always so much.
    package static let minEscapedBytes = 1 << 20
    /// How often a guardrail that replaced a text together with what its escapes hide is asked what is left to do.
    package static let maxLooks = 4
    /// Definitions of one list that are judged at a time.
    package static let maxDefinitionsAtOnce = 16
    /// Verdicts on definitions that are remembered, over all servers; one more forgets the oldest half.
    package static let maxDefinitionVerdicts = 20_000
    /// A breaker opens after so many failures in a row, for so long, unless the binding says otherwise; and the longest pause that a provider may advise.
    package static let breakerFailures = 5
    package static let breakerPause: TimeAmount = .seconds(10)
    package static let maxAdvisedPause: TimeAmount = .minutes(5)
    package static let maxBreakerFailures = 1_000
    /// Questions of one guardrail's self-test, and those of all under way at a time.
    package static let maxCanaries = 64
    package static let maxCanariesAtOnce = 16
    /// A question of a self-test, if its guardrail has more time than that.
    package static let maxSelfTestTime: TimeAmount = .seconds(10)
    /// Between attempts at a self-test that failed; doubles while it fails.
    package static let firstSelfTestPause: TimeAmount = .seconds(1)
    package static let maxSelfTestPause: TimeAmount = .seconds(60)
  }

  /// What was accepted of servers.
  package enum Pinning {
    package static let maxFileBytes = 64 << 20
    /// A larger definition is compared by its digest, and not kept to be looked at.
    package static let maxDefinitionBytes = 256 << 10
    /// Numbers given to tools.
    package static let maxOrder = 1 << 52
    /// How long the gateway waits for an administrator's command that changes pins.
    package static let lockTimeout: TimeAmount = .seconds(2)
    /// Tools of a server that are told to have the name of another server's, and how many names are compared.
    package static let maxReportedShadows = 32
    package static let maxComparedNames = 10_000
    /// Places shown of one change.
    package static let maxShownDifferences = 100
  }

  package enum Cache {
    /// Lists over all callers, servers and kinds; one more drops the one that expires first.
    package static let maxLists = 10_000
  }

  /// Items of several servers offered as one.
  package enum Federation {
    /// One page of a list. Large, since some clients never ask for a second one.
    package static let maxItemsPerPage = 1_000
    package static let maxPageBytes = 4 << 20
    /// Names left out of a list that are told; more are only left out.
    package static let maxReportedOmissions = 32
    /// A server that did not answer a list in time is not waited for again by merged lists for this long.
    package static let silenceMemory: TimeAmount = .seconds(10)
    /// Prompts and resources of a server that does not announce changes are asked for again after this long, and any list that the server calls fresh for less.
    package static let unannouncedLifetime: TimeAmount = .seconds(60)
    /// Tools that a search gives back, unless it asks for another number, and at most; and words of a query that count.
    package static let searchLimit = 10
    package static let maxSearchLimit = 100
    package static let maxSearchWords = 32
    /// Of a query, or of what a tool says of itself, so much is looked at.
    package static let maxSearchedCharacters = 4_000
    /// Servers may say anything; a year is plenty.
    package static let maxFreshMilliseconds = 365 * 24 * 3_600_000
  }
}
