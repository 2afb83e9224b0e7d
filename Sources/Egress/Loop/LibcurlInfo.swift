internal import CCurl

/// The library as it is installed.
enum LibcurlInfo {
  /// Initializes libcurl for the process, once. False if that failed.
  static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// Before 8.0.0, HTTP/2 streams that share a connection can take a reset for the end of the body, and a connection that was opened with prior knowledge
  /// cannot be used again (curl's changes 544a7f804d, 48cd032623, cbe9d82c22).
  static let sharesHTTP2Connections = (curl_version_info(CURLVERSION_ELEVENTH)?.pointee.version_num ?? 0) >= 0x08_0000

  /// The system's certificate authorities, as the library was built to find them.
  static let systemAuthoritiesFile = read { $0.cainfo }
  static let systemAuthoritiesDirectory = read { $0.capath }

  private static func read(_ field: (curl_version_info_data) -> UnsafePointer<CChar>?) -> String? {
    guard let info = curl_version_info(CURLVERSION_ELEVENTH), let text = field(info.pointee) else { return nil }
    return String(cString: text)
  }
}
