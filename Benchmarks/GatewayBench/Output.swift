internal import Glibc

enum Output {
  /// A line at once, also into a pipe.
  static func print(_ text: String) {
    Swift.print(text)
    fflush(nil)
  }
}
