internal import PluginABI

/// The call that the current task answers, so that what it asks of the host can name it.
enum OpenCall {
  /// 0 outside of an async provider's operation.
  @TaskLocal static var id: smg_call = 0
}
