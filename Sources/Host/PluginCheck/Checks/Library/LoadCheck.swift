extension PluginCheck {
  static let load = library(
    CheckRule(
      id: "load", summary: "The dynamic linker takes the library, every symbol resolved.",
      header: "The host loads it with RTLD_NOW: what is undefined then is not found later either.",
      fix: "Link with -Wl,-z,defs to see what is missing, and link the libraries in which it is. A crash here is one of a constructor.")
  ) { library throws(CheckEnd) in
    _ = try library.entry()
  }
}
