internal import CCurl

/// libcurl's own reading of a URL, so that what is judged is what is connected to.
struct URLParts: ~Copyable {
  private let handle: OpaquePointer

  private init(_ handle: OpaquePointer) {
    self.handle = handle
  }

  /// Nil if libcurl does not accept `text`, or it holds anything but visible ASCII.
  static func read(_ text: String, relativeTo base: String? = nil, flags: Int32 = 0) -> URLParts? {
    guard text.utf8.count <= 64 << 10, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), let handle = curl_url() else { return nil }
    let parts = URLParts(handle)
    if let base, curl_url_set(handle, CURLUPART_URL, base, 0) != CURLUE_OK { return nil }
    guard curl_url_set(handle, CURLUPART_URL, text, UInt32(flags)) == CURLUE_OK else { return nil }
    return parts
  }

  deinit { curl_url_cleanup(handle) }

  func part(_ part: CURLUPart, flags: Int32 = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(handle, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}

enum ProxyURL {
  /// The URL of a proxy with its scheme; nil if it is none. A missing scheme means http.
  static func normalize(_ text: String) -> String? {
    guard let parts = URLParts.read(text.contains("://") ? text : "http://" + text, flags: CURLU_NON_SUPPORT_SCHEME),
      let scheme = parts.part(CURLUPART_SCHEME), ["http", "https", "socks5", "socks5h"].contains(scheme), parts.part(CURLUPART_HOST) != nil
    else { return nil }
    return parts.part(CURLUPART_URL)
  }
}
