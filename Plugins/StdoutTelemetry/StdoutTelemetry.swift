// StdoutTelemetry
