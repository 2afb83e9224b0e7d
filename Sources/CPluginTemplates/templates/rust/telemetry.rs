//! {{name}}: telemetry that writes a line for each log record and span to a file.
#![allow(non_snake_case)]

mod abi;

use abi::*;
use std::ffi::c_void;
use std::os::raw::c_char;

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;

/// One use of the provider. emit() never overlaps itself, so the lock is always free.
struct Instance {
    host: Host,
    file: Mutex<BufWriter<File>>,
}

/// The instance that `create` made, which lives until `destroy`.
fn instance<'a>(this: *mut c_void) -> &'a Instance {
    unsafe { &*(this as *const Instance) }
}

impl Instance {
    /// What cannot be written is dropped: telemetry never holds up the gateway.
    fn write(&self, body: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>) {
        let written = match self.file.lock() {
            Ok(mut file) => body(&mut file).is_ok(),
            Err(_) => false,
        };
        if !written {
            self.host.warn("records were dropped");
        }
    }
}

/// A text with blanks in place of whatever would break the line.
fn line(bytes: &Bytes) -> String {
    let text = String::from_utf8_lossy(bytes.as_slice());
    text.chars().take(4096).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// What the records point to is borrowed: it is gone when this function returns.
extern "C" fn emit(this: *mut c_void, _: Pairs, records: *const *const Record, count: usize) {
    let me = instance(this);
    me.write(|file| {
        for record in unsafe { std::slice::from_raw_parts(records, count) } {
            let record = unsafe { &**record };
            let kind = if record.kind == REC_SPAN { "span" } else { "log" };
            writeln!(file, "{kind} {} {}", line(&record.name), line(&record.body))?;
        }
        Ok(())
    });
}

/// Completes when everything has left. Called on the same thread as emit().
extern "C" fn flush(this: *mut c_void, call: Call, _: *const Context) {
    let me = instance(this);
    me.host.guarded(call, || {
        me.write(|file| file.flush());
        me.host.end(call, OK, "");
    });
}

extern "C" fn create(host: *const HostTable, config: Bytes, error: Sink, place: *mut *mut c_void) -> Status {
    abi::create(host, config, error, place, |host, config| {
        let path = member(config, "path").filter(|path| path.starts_with('/')).ok_or("path: an absolute path is expected")?;
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(|error| format!("path: {error}"))?;
        Ok(Instance { host, file: Mutex::new(BufWriter::new(file)) })
    })
}

extern "C" fn health(this: *mut c_void, call: Call, _: *const Context) {
    instance(this).host.end(call, OK, "");
}

/// Here threads of the plugin's own would be ended and joined. There are none.
extern "C" fn stop(this: *mut c_void, _: u64) -> Status {
    instance(this).write(|file| file.flush());
    OK
}

extern "C" fn destroy(this: *mut c_void) {
    drop(unsafe { Box::from_raw(this as *mut Instance) });
}

/// A JSON Schema. The gateway checks the configuration against it before create(); plugin check uses the example.
const SCHEMA: &str = r#"{"type":"object","required":["path"],"properties":{"path":{"type":"string","pattern":"^/[A-Za-z0-9._/-]{1,4095}$"}},
  "additionalProperties":false,"examples":[{"path":"/dev/null"}]}"#;

static TABLE: Table<Telemetry> = Table(Telemetry { size: size_of::<Telemetry>(), kinds: REC_LOG | REC_SPAN, emit, export_metrics: None, flush });
static PROVIDER: Table<Provider> = Table(Provider {
    size: size_of::<Provider>(),
    kind: KIND_TELEMETRY,
    flags: 0,
    reserved: 0,
    name: concat!("{{name}}", "\0").as_ptr() as *const c_char,
    interface_id: concat!("smg.telemetry/0", "\0").as_ptr() as *const c_char,
    config_schema: Bytes::of(SCHEMA),
    create,
    health,
    stop,
    destroy,
    vtable: &TABLE as *const Table<Telemetry> as *const c_void,
});
static PROVIDERS: Table<[*const Provider; 1]> = Table([&PROVIDER.0]);
static PLUGIN: Table<Plugin> = Table(Plugin {
    size: size_of::<Plugin>(),
    abi_minor: ABI_MINOR,
    min_host_minor: ABI_MINOR,
    provider_count: 1,
    id: concat!("{{id}}", "\0").as_ptr() as *const c_char,
    version: concat!("0.1.0", "\0").as_ptr() as *const c_char,
    vendor: concat!("Example", "\0").as_ptr() as *const c_char,
    license: concat!("CC0-1.0", "\0").as_ptr() as *const c_char,
    providers: &PROVIDERS as *const Table<[*const Provider; 1]> as *const *const Provider,
    get_interface: None,
});

#[no_mangle]
pub extern "C" fn smg_plugin_entry_v0(host_abi_minor: u32) -> *const Plugin {
    if host_abi_minor == ABI_MINOR {
        &PLUGIN.0
    } else {
        std::ptr::null()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::testing::*;

    #[test]
    fn records_become_lines() {
        let path = std::env::temp_dir().join(format!("telemetry-test-{}", std::process::id()));
        let instance = make(&PROVIDER.0, &format!(r#"{{"path": "{}"}}"#, path.display())).unwrap();
        let record = Record {
            size: 216, kind: REC_LOG, severity: 9, span_kind: 0, span_status: 0, trace_flags: 0, trace_id: [0; 16], span_id: [0; 8],
            parent_span_id: [0; 8], time_unix_ns: 0, end_unix_ns: 0, name: Bytes::EMPTY, body: Bytes::of("two\nlines"),
        };
        let pointer: *const Record = &record;
        emit(instance, Pairs::NONE, &pointer, 1);
        flush(instance, 1, &context());
        assert_eq!(last().status, OK);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "log  two lines\n");
        end(&PROVIDER.0, instance);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn the_configuration_is_checked() {
        assert!(make(&PROVIDER.0, r#"{"path":"relative"}"#).is_none());
        assert!(make(&PROVIDER.0, r#"{"path":"/no/such/folder/file"}"#).is_none());
    }
}
