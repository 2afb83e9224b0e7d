//! {{name}}: a guardrail that blocks every message with a text longer than max_bytes.
#![allow(non_snake_case)]

mod abi;

use abi::*;
use std::ffi::c_void;
use std::os::raw::c_char;

/// One use of the provider. Several may live at once, each with its own host and configuration: nothing of it is global.
struct Instance {
    host: Host,
    max_bytes: usize,
}

/// The instance that `create` made, which lives until `destroy`.
fn instance<'a>(this: *mut c_void) -> &'a Instance {
    unsafe { &*(this as *const Instance) }
}

/// Called from many threads at once. What `request` points to is borrowed: it is gone when this function returns.
extern "C" fn check(this: *mut c_void, call: Call, request: *const GuardRequest) {
    let me = instance(this);
    me.host.guarded(call, || {
        let request = unsafe { &*request };
        let found = request.segments().iter().position(|segment| segment.text.len > me.max_bytes).map(|index| Violation {
            category: Bytes::of("{{name}}"),
            code: Bytes::of("too_long"),
            message: Bytes::of("A text is too long."),
            evidence_json: Bytes::EMPTY,
            score: 1.0,
            segment: index as u32,
            reserved: 0,
            start: me.max_bytes as u64,
            end: request.segments()[index].text.len as u64,
        });
        let verdict = Verdict {
            size: size_of::<Verdict>(),
            action: if found.is_some() { BLOCK } else { ALLOW },
            violations: found.as_ref().map_or(std::ptr::null(), |found| found as *const Violation),
            violation_count: found.is_some() as usize,
            replacements: std::ptr::null(),
            replacement_count: 0,
            call_state: Bytes::EMPTY,
            session_state: Bytes::EMPTY,
            metadata_json: Bytes::EMPTY,
        };
        me.host.finish(call, OK, Some(&verdict));
    });
}

extern "C" fn create(host: *const HostTable, config: Bytes, error: Sink, place: *mut *mut c_void) -> Status {
    abi::create(host, config, error, place, |host, config| {
        let digits = member(config, "max_bytes").unwrap_or("4096");
        let max_bytes = digits.parse().map_err(|_| "max_bytes: a whole number is expected".to_string())?;
        Ok(Instance { host, max_bytes })
    })
}

extern "C" fn health(this: *mut c_void, call: Call, _: *const Context) {
    instance(this).host.end(call, OK, "");
}

/// Here threads of the plugin's own would be ended and joined. There are none.
extern "C" fn stop(_: *mut c_void, _: u64) -> Status {
    OK
}

extern "C" fn destroy(this: *mut c_void) {
    drop(unsafe { Box::from_raw(this as *mut Instance) });
}

/// A JSON Schema. The gateway checks the configuration against it before create(); plugin check uses the example.
const SCHEMA: &str = r#"{"type":"object","properties":{"max_bytes":{"type":"integer","minimum":1,"maximum":999999999}},
  "additionalProperties":false,"examples":[{"max_bytes":64}]}"#;

static TABLE: Table<Guardrail> = Table(Guardrail { size: size_of::<Guardrail>(), phases: PHASE_INPUT | PHASE_OUTPUT, flags: 0, reserved: 0, check, cancel: None });
static PROVIDER: Table<Provider> = Table(Provider {
    size: size_of::<Provider>(),
    kind: KIND_GUARDRAIL,
    flags: PF_INLINE,
    reserved: 0,
    name: concat!("{{name}}", "\0").as_ptr() as *const c_char,
    interface_id: concat!("smg.guardrail/0", "\0").as_ptr() as *const c_char,
    config_schema: Bytes::of(SCHEMA),
    create,
    health,
    stop,
    destroy,
    vtable: &TABLE as *const Table<Guardrail> as *const c_void,
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

    fn judge(instance: *mut c_void, message: &str) -> u32 {
        let context = context();
        let segment = Segment { path: Bytes::EMPTY, text: Bytes::of(message), media_type: Bytes::EMPTY, flags: 0, reserved: 0 };
        let request = GuardRequest {
            size: size_of::<GuardRequest>(), phase: PHASE_INPUT, context: &context, surface: Bytes::of("tools/call"), server: Bytes::EMPTY,
            item: Bytes::EMPTY, policy_json: Bytes::EMPTY, policy_revision: Bytes::EMPTY, segments: &segment, segment_count: 1,
            original: std::ptr::null(), original_count: 0, call_state: Bytes::EMPTY, session_state: Bytes::EMPTY,
        };
        check(instance, 1, &request);
        let last = last();
        assert_eq!(last.status, OK);
        last.word
    }

    #[test]
    fn long_texts_are_blocked() {
        let instance = make(&PROVIDER.0, r#"{"max_bytes": 5}"#).unwrap();
        assert_eq!(judge(instance, "hello"), ALLOW);
        assert_eq!(judge(instance, "hello!"), BLOCK);
        end(&PROVIDER.0, instance);
    }

    #[test]
    fn the_configuration_is_checked() {
        assert!(make(&PROVIDER.0, "{}").map(|instance| end(&PROVIDER.0, instance)).is_some());
        assert!(make(&PROVIDER.0, r#"{"max_bytes":123456789012345678901234567890}"#).is_none());
    }
}
