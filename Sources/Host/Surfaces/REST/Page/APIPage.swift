internal import RESTServer

/// The API page: self-contained, and drawn from `/openapi.json`. Nothing comes from elsewhere, which its content security policy makes sure of.
package enum APIPage {
  package enum Asset: CaseIterable, Sendable {
    /// The page with forms to try each operation.
    case docs
    /// The same to read only.
    case redoc
    case script, style

    var path: String {
      switch self {
      case .docs: "/docs"
      case .redoc: "/redoc"
      case .script: "/docs/page.js"
      case .style: "/docs/page.css"
      }
    }

    var answer: RESTAnswer {
      RESTAnswer(200, headers: [("content-type", type), ("content-security-policy", APIPage.policy)], body: Array(text.utf8))
    }

    private var type: String {
      switch self {
      case .docs, .redoc: "text/html; charset=utf-8"
      case .script: "text/javascript; charset=utf-8"
      case .style: "text/css; charset=utf-8"
      }
    }

    private var text: String {
      switch self {
      case .docs: APIPage.html(mode: "try")
      case .redoc: APIPage.html(mode: "read")
      case .script: APIPage.script
      case .style: APIPage.style
      }
    }
  }

  private static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  private static func html(mode: String) -> String {
    """
    <!doctype html>
    <html lang="en" data-mode="\(mode)">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Secure MCP Gateway: administration</title>
    <link rel="stylesheet" href="/docs/page.css">
    <script src="/docs/page.js" defer></script>
    </head>
    <body>
    <header><h1>Secure MCP Gateway</h1><p id="about">Reading the description…</p></header>
    <nav id="contents" aria-label="Operations"></nav>
    <main id="operations"></main>
    <noscript><p>This page draws itself from <a href="/openapi.json">/openapi.json</a> by a script.</p></noscript>
    </body>
    </html>
    """
  }
}
