/// The commands as a page for man(1), in the macros of man(7).
enum ManualPage {
  static func text(_ entries: [CommandReference.Entry]) -> String {
    let commands = entries.map { ".SS \(escaped($0.words))\n.nf\n\(preformatted($0.help))\n.fi\n" }.joined()
    return head + ".SH COMMANDS\n" + commands + tail
  }

  private static let head = """
    .TH SECURE-MCP-GATEWAY 1 "" "secure-mcp-gateway \(escaped(Version.current))" "User Commands"
    .SH NAME
    secure\\-mcp\\-gateway \\- a gateway between MCP clients and MCP servers that authenticates, screens and records
    .SH SYNOPSIS
    .B secure\\-mcp\\-gateway
    .I command
    .RI [ option ...]
    .SH DESCRIPTION
    AI clients speak to the gateway as to one MCP server; it speaks to the real servers, and in between it knows who calls, has guardrails judge what passes in
    both directions, and tells operators what happened. Guardrails, authentication and telemetry are shared libraries that the configuration chooses by name.
    .PP
    Two commands lead to a running gateway:
    .B secure\\-mcp\\-gateway generate\\-config
    and
    .BR "secure\\-mcp\\-gateway serve" .
    .PP
    Data goes to standard output, messages to standard error.

    """

  private static let tail = """
    .SH FILES
    .TP
    .I ~/.enkrypt/enkrypt_mcp_config.json
    The configuration, where neither
    .B \\-\\-config
    nor
    .B SECURE_MCP_GATEWAY_CONFIG
    names another.
    .SH ENVIRONMENT
    .TP
    .B SECURE_MCP_GATEWAY_CONFIG
    The configuration file.
    .TP
    .B ENKRYPT_GATEWAY_KEY
    The key with which commands call a running gateway, and with which
    .B stdio
    serves its client.
    .TP
    .B ENKRYPT_ADMIN_KEY
    The key of an administrator, with which commands work on a running gateway
    .RB ( \\-\\-url ).
    .TP
    .B NO_COLOR
    Set: no colour, on a terminal either.
    .SH EXIT STATUS
    .TP
    0
    Done.
    .TP
    1
    Failed or refused; nothing was changed.
    .TP
    2
    The value of an option makes no sense.
    .TP
    64
    The words of the command are wrong.

    """

  /// One line of text: no character of it is an instruction to the formatter.
  static func escaped(_ line: String) -> String {
    let text = line.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }

  private static func preformatted(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { escaped(String($0)) }.joined(separator: "\n")
  }
}
