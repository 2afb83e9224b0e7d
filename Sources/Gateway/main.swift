internal import CSupervisor
internal import Glibc
internal import Host

// The re-executed process between the gateway and one MCP server; nothing else of the gateway may start in it.
if CommandLine.arguments.dropFirst().first == "__supervise" {
  exit(smg_supervisor_main(CommandLine.argc, CommandLine.unsafeArgv))
}
// The child that loads one plugin to see what it is, so that a library that crashes does so there.
if CommandLine.arguments.dropFirst().first == PluginDescriber.verb {
  exit(PluginDescriber.run(arguments: Array(CommandLine.arguments.dropFirst(2))))
}
// The process of one isolated plugin.
if CommandLine.arguments.dropFirst().first == PluginRunner.verb {
  exit(PluginRunner.run())
}
// The child that checks one plugin by one rule.
if CommandLine.arguments.dropFirst().first == CheckChild.verb {
  exit(CheckChild.run())
}
await CommandLineInterface.main()
