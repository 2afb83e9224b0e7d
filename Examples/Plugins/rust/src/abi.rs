//! `smg_plugin.h` in Rust, as far as this plugin uses it, and what makes it comfortable. Draft of major 0, minor 1.
#![allow(dead_code)]

use std::ffi::c_void;
use std::os::raw::c_char;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::{ptr, slice};

pub type Call = u64;
pub type Status = i32;

pub const ABI_MINOR: u32 = 1;
pub const OK: Status = 0;
pub const E_INVALID: Status = 1;
pub const E_UNAUTHENTICATED: Status = 3;
pub const E_UNAVAILABLE: Status = 8;
pub const E_INTERNAL: Status = 9;
pub const LOG_WARN: u32 = 3;
pub const KIND_AUTH: u32 = 1;
pub const KIND_GUARDRAIL: u32 = 2;
pub const KIND_TELEMETRY: u32 = 3;
pub const PF_INLINE: u32 = 1;
pub const PHASE_INPUT: u32 = 1;
pub const PHASE_OUTPUT: u32 = 2;
pub const ALLOW: u32 = 0;
pub const BLOCK: u32 = 1;
pub const REC_LOG: u32 = 1;
pub const REC_SPAN: u32 = 2;

/// Bytes of somebody else. Those of the host are gone when the function that they were passed to returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Bytes {
    pub ptr: *const u8,
    pub len: usize,
}

impl Bytes {
    pub const EMPTY: Bytes = Bytes { ptr: ptr::null(), len: 0 };

    pub const fn of(text: &str) -> Bytes {
        Bytes { ptr: text.as_ptr(), len: text.len() }
    }

    pub fn as_slice(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // The host promises `len` readable bytes for as long as this function runs.
        unsafe { slice::from_raw_parts(self.ptr, self.len) }
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Pair {
    pub key: Bytes,
    pub value: Bytes,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Pairs {
    pub ptr: *const Pair,
    pub len: usize,
}

impl Pairs {
    pub const NONE: Pairs = Pairs { ptr: ptr::null(), len: 0 };

    pub fn as_slice(&self) -> &[Pair] {
        if self.len == 0 {
            return &[];
        }
        unsafe { slice::from_raw_parts(self.ptr, self.len) }
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Sink {
    pub ctx: *mut c_void,
    pub write: extern "C" fn(*mut c_void, Bytes),
}

#[repr(C)]
pub struct Context {
    pub size: u32,
    pub flags: u32,
    pub deadline_ns: u64,
    pub request_id: Bytes,
    pub traceparent: Bytes,
    pub principal: Bytes,
    pub session: Bytes,
    pub project_id: Bytes,
    pub user_id: Bytes,
    pub config_id: Bytes,
}

#[repr(C)]
pub struct Outcome {
    pub size: u32,
    pub status: Status,
    pub message: Bytes,
    pub value: *const c_void,
    pub value_size: u32,
    pub retry_after_ms: u32,
}

#[repr(C)]
pub struct HostTable {
    pub size: u32,
    pub abi_minor: u32,
    pub ctx: *mut c_void,
    pub complete: extern "C" fn(*mut c_void, Call, *const Outcome) -> Status,
    pub log: extern "C" fn(*mut c_void, u32, Bytes, Pairs),
    pub get_interface: extern "C" fn(*mut c_void, *const c_char) -> *const c_void,
}

#[repr(C)]
pub struct Provider {
    pub size: u32,
    pub kind: u32,
    pub flags: u32,
    pub reserved: u32,
    pub name: *const c_char,
    pub interface_id: *const c_char,
    pub config_schema: Bytes,
    pub create: extern "C" fn(*const HostTable, Bytes, Sink, *mut *mut c_void) -> Status,
    pub health: extern "C" fn(*mut c_void, Call, *const Context),
    pub stop: extern "C" fn(*mut c_void, u64) -> Status,
    pub destroy: extern "C" fn(*mut c_void),
    pub vtable: *const c_void,
}

#[repr(C)]
pub struct Plugin {
    pub size: u32,
    pub abi_minor: u32,
    pub min_host_minor: u32,
    pub provider_count: u32,
    pub id: *const c_char,
    pub version: *const c_char,
    pub vendor: *const c_char,
    pub license: *const c_char,
    pub providers: *const *const Provider,
    pub get_interface: Option<extern "C" fn(*const c_char) -> *const c_void>,
}

#[repr(C)]
pub struct Segment {
    pub path: Bytes,
    pub text: Bytes,
    pub media_type: Bytes,
    pub flags: u32,
    pub reserved: u32,
}

#[repr(C)]
pub struct GuardRequest {
    pub size: u32,
    pub phase: u32,
    pub context: *const Context,
    pub surface: Bytes,
    pub server: Bytes,
    pub item: Bytes,
    pub policy_json: Bytes,
    pub policy_revision: Bytes,
    pub segments: *const Segment,
    pub segment_count: usize,
    pub original: *const Segment,
    pub original_count: usize,
    pub call_state: Bytes,
    pub session_state: Bytes,
}

impl GuardRequest {
    pub fn segments(&self) -> &[Segment] {
        if self.segment_count == 0 {
            return &[];
        }
        unsafe { slice::from_raw_parts(self.segments, self.segment_count) }
    }
}

#[repr(C)]
pub struct Violation {
    pub category: Bytes,
    pub code: Bytes,
    pub message: Bytes,
    pub evidence_json: Bytes,
    pub score: f64,
    pub segment: u32,
    pub reserved: u32,
    pub start: u64,
    pub end: u64,
}

#[repr(C)]
pub struct Verdict {
    pub size: u32,
    pub action: u32,
    pub violations: *const Violation,
    pub violation_count: usize,
    pub replacements: *const c_void,
    pub replacement_count: usize,
    pub call_state: Bytes,
    pub session_state: Bytes,
    pub metadata_json: Bytes,
}

#[repr(C)]
pub struct Guardrail {
    pub size: u32,
    pub phases: u32,
    pub flags: u32,
    pub reserved: u32,
    pub check: extern "C" fn(*mut c_void, Call, *const GuardRequest),
    pub cancel: Option<extern "C" fn(*mut c_void, Call)>,
}

#[repr(C)]
pub struct AuthRequest {
    pub size: u32,
    pub flags: u32,
    pub context: *const Context,
    pub headers: Pairs,
    pub method: Bytes,
    pub target: Bytes,
    pub resource: Bytes,
    pub peer: Bytes,
    pub transport: Bytes,
}

#[repr(C)]
pub struct Identity {
    pub size: u32,
    pub flags: u32,
    pub subject: Bytes,
    pub project_id: Bytes,
    pub user_id: Bytes,
    pub config_id: Bytes,
    pub role: Bytes,
    pub claims_json: Bytes,
    pub ttl_ns: u64,
    pub vary: *const Bytes,
    pub vary_count: usize,
}

#[repr(C)]
pub struct Refusal {
    pub size: u32,
    pub flags: u32,
    pub code: Bytes,
    pub www_authenticate: Bytes,
}

#[repr(C)]
pub struct Auth {
    pub size: u32,
    pub flags: u32,
    pub authenticate: extern "C" fn(*mut c_void, Call, *const AuthRequest),
    /// fetch_config and get_credentials, which are not offered.
    pub others: [Option<extern "C" fn()>; 2],
    pub cancel: Option<extern "C" fn(*mut c_void, Call)>,
}

/// The beginning of a record: more follows in the header's structure, which is only ever read through a pointer.
#[repr(C)]
pub struct Record {
    pub size: u32,
    pub kind: u32,
    pub severity: u32,
    pub span_kind: u32,
    pub span_status: u32,
    pub trace_flags: u32,
    pub trace_id: [u8; 16],
    pub span_id: [u8; 8],
    pub parent_span_id: [u8; 8],
    pub time_unix_ns: u64,
    pub end_unix_ns: u64,
    pub name: Bytes,
    pub body: Bytes,
}

#[repr(C)]
pub struct Telemetry {
    pub size: u32,
    pub kinds: u32,
    pub emit: extern "C" fn(*mut c_void, Pairs, *const *const Record, usize),
    pub export_metrics: Option<extern "C" fn(*mut c_void, Pairs, *const c_void)>,
    pub flush: extern "C" fn(*mut c_void, Call, *const Context),
}

/// Tables are constant, and what they point to is too.
#[repr(transparent)]
pub struct Table<T>(pub T);
unsafe impl<T> Sync for Table<T> {}

pub const fn size_of<T>() -> u32 {
    std::mem::size_of::<T>() as u32
}

/// The host of one instance. It lives until the process ends, and its functions may be called from any thread.
#[derive(Clone, Copy)]
pub struct Host(*const HostTable);
unsafe impl Send for Host {}
unsafe impl Sync for Host {}

impl Host {
    pub fn new(table: *const HostTable) -> Host {
        Host(table)
    }

    fn complete(&self, call: Call, outcome: &Outcome) {
        let table = unsafe { &*self.0 };
        (table.complete)(table.ctx, call, outcome);
    }

    /// Ends a call. The host copies all of it before this returns.
    pub fn finish<T>(&self, call: Call, status: Status, value: Option<&T>) {
        let pointer = value.map_or(ptr::null(), |value| value as *const T as *const c_void);
        let value_size = if value.is_some() { size_of::<T>() } else { 0 };
        self.complete(call, &Outcome { size: size_of::<Outcome>(), status, message: Bytes::EMPTY, value: pointer, value_size, retry_after_ms: 0 });
    }

    /// Ends a call without a value; on a failure `message` is for the operator's log.
    pub fn end(&self, call: Call, status: Status, message: &str) {
        let outcome = Outcome { size: size_of::<Outcome>(), status, message: Bytes::of(message), value: ptr::null(), value_size: 0, retry_after_ms: 0 };
        self.complete(call, &outcome);
    }

    pub fn warn(&self, message: &str) {
        let table = unsafe { &*self.0 };
        (table.log)(table.ctx, LOG_WARN, Bytes::of(message), Pairs::NONE);
    }

    /// Runs an operation; a panic becomes a failure of the call and never crosses the boundary (R7).
    pub fn guarded(&self, call: Call, body: impl FnOnce()) {
        if catch_unwind(AssertUnwindSafe(body)).is_err() {
            self.end(call, E_INTERNAL, "the plugin panicked");
        }
    }
}

/// Makes an instance: what `make` gives is boxed and becomes `self`, what it refuses tells the operator why.
pub fn create<T>(host: *const HostTable, config: Bytes, error: Sink, place: *mut *mut c_void, make: impl FnOnce(Host, &str) -> Result<T, String>) -> Status {
    let made = catch_unwind(AssertUnwindSafe(|| {
        let config = std::str::from_utf8(config.as_slice()).map_err(|_| "the configuration is not UTF-8".to_string())?;
        make(Host::new(host), config)
    }));
    let why = match made {
        Ok(Ok(instance)) => {
            unsafe { *place = Box::into_raw(Box::new(instance)) as *mut c_void };
            return OK;
        }
        Ok(Err(why)) => why,
        Err(_) => "the plugin panicked".to_string(),
    };
    (error.write)(error.ctx, Bytes::of(&why));
    E_INVALID
}

/// The text of a member of the configuration: the inside of a string, or the digits of a number; None when there is none. Enough for one flat object
/// without escapes, which is what the schemas here ask for; use a JSON crate for more.
pub fn member<'a>(config: &'a str, name: &str) -> Option<&'a str> {
    let quoted = format!("\"{name}\"");
    let rest = config[config.find(&quoted)? + quoted.len()..].trim_start_matches([' ', '\t', '\r', '\n', ':']);
    if let Some(string) = rest.strip_prefix('"') {
        return string.split('"').next();
    }
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    Some(&rest[..end])
}

/// A host for tests: it keeps the outcome of the last call.
#[cfg(test)]
pub mod testing {
    use super::*;
    use std::cell::RefCell;

    #[derive(Default, Clone)]
    pub struct Last {
        pub completions: usize,
        pub status: Status,
        /// The second word of the value: the action of a verdict.
        pub word: u32,
    }

    thread_local! {
        pub static LAST: RefCell<Last> = RefCell::default();
    }

    extern "C" fn complete(_: *mut c_void, _: Call, outcome: *const Outcome) -> Status {
        let outcome = unsafe { &*outcome };
        let word = if outcome.value.is_null() { 0 } else { unsafe { *(outcome.value as *const u32).add(1) } };
        LAST.with(|last| {
            let completions = last.borrow().completions + 1;
            *last.borrow_mut() = Last { completions, status: outcome.status, word };
        });
        OK
    }
    extern "C" fn log(_: *mut c_void, _: u32, _: Bytes, _: Pairs) {}
    extern "C" fn get_interface(_: *mut c_void, _: *const c_char) -> *const c_void {
        ptr::null()
    }
    extern "C" fn write(_: *mut c_void, _: Bytes) {}

    static HOST: Table<HostTable> = Table(HostTable { size: size_of::<HostTable>(), abi_minor: ABI_MINOR, ctx: ptr::null_mut(), complete, log, get_interface });

    /// An instance with this configuration; None when create() refuses it.
    pub fn make(provider: &Provider, config: &str) -> Option<*mut c_void> {
        let mut place = ptr::null_mut();
        let status = (provider.create)(&HOST.0, Bytes::of(config), Sink { ctx: ptr::null_mut(), write }, &mut place);
        (status == OK).then_some(place)
    }

    pub fn end(provider: &Provider, instance: *mut c_void) {
        assert_eq!((provider.stop)(instance, 0), OK);
        (provider.destroy)(instance);
    }

    /// What the last call came to, which has to be the only one since this was asked.
    pub fn last() -> Last {
        let last = LAST.with(|last| std::mem::take(&mut *last.borrow_mut()));
        assert_eq!(last.completions, 1);
        last
    }

    pub fn context() -> Context {
        Context {
            size: size_of::<Context>(), flags: 0, deadline_ns: 0, request_id: Bytes::EMPTY, traceparent: Bytes::EMPTY, principal: Bytes::EMPTY,
            session: Bytes::EMPTY, project_id: Bytes::EMPTY, user_id: Bytes::EMPTY, config_id: Bytes::EMPTY,
        }
    }

    #[test]
    fn structures_have_the_header_s_sizes() {
        assert_eq!(size_of::<Context>(), 128);
        assert_eq!(size_of::<Outcome>(), 40);
        assert_eq!(size_of::<HostTable>(), 40);
        assert_eq!(size_of::<Provider>(), 88);
        assert_eq!(size_of::<Plugin>(), 64);
        assert_eq!(size_of::<Segment>(), 56);
        assert_eq!(size_of::<GuardRequest>(), 160);
        assert_eq!(size_of::<Violation>(), 96);
        assert_eq!(size_of::<Verdict>(), 88);
        assert_eq!(size_of::<Guardrail>(), 32);
        assert_eq!(size_of::<AuthRequest>(), 112);
        assert_eq!(size_of::<Identity>(), 128);
        assert_eq!(size_of::<Auth>(), 40);
        assert_eq!(size_of::<Telemetry>(), 32);
    }
}
