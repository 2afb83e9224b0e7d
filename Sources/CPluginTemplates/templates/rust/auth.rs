//! {{name}}: auth that knows one caller, by a bearer token of the configuration.
#![allow(non_snake_case)]

mod abi;

use abi::*;
use std::ffi::c_void;
use std::os::raw::c_char;

/// One use of the provider. Several may live at once, each with its own host and configuration: nothing of it is global.
struct Instance {
    host: Host,
    token: String,
    config_id: String,
}

/// The instance that `create` made, which lives until `destroy`.
fn instance<'a>(this: *mut c_void) -> &'a Instance {
    unsafe { &*(this as *const Instance) }
}

/// Takes the same time whatever the difference is, so that a token cannot be guessed byte by byte.
fn equal(a: &[u8], b: &[u8]) -> bool {
    a.iter().zip(b).fold(a.len() ^ b.len(), |difference, (a, b)| difference | (a ^ b) as usize) == 0
}

/// What follows "Bearer " in the one authorization header; None when there is none, or more than one.
fn presented(headers: &[Pair]) -> Option<&[u8]> {
    let mut found = headers.iter().filter(|header| header.key.as_slice() == b"authorization");
    let header = found.next()?;
    if found.next().is_some() {
        return None;
    }
    header.value.as_slice().strip_prefix(b"Bearer ")
}

/// Called from many threads at once. What `request` points to is borrowed: it is gone when this function returns.
extern "C" fn authenticate(this: *mut c_void, call: Call, request: *const AuthRequest) {
    let me = instance(this);
    me.host.guarded(call, || {
        let request = unsafe { &*request };
        if !presented(request.headers.as_slice()).map_or(false, |token| equal(token, me.token.as_bytes())) {
            // A refusal is an answer, not a failure: the caller gets 401.
            let refusal = Refusal { size: size_of::<Refusal>(), flags: 0, code: Bytes::of("AUTH_001"), www_authenticate: Bytes::EMPTY };
            return me.host.finish(call, E_UNAUTHENTICATED, Some(&refusal));
        }
        let vary = [Bytes::of("authorization")];
        let identity = Identity {
            size: size_of::<Identity>(),
            flags: 0,
            subject: Bytes::of("{{name}}"),
            project_id: Bytes::EMPTY,
            user_id: Bytes::EMPTY,
            config_id: Bytes::of(&me.config_id),
            role: Bytes::EMPTY,
            claims_json: Bytes::EMPTY,
            ttl_ns: 60_000_000_000,
            vary: vary.as_ptr(),
            vary_count: vary.len(),
        };
        me.host.finish(call, OK, Some(&identity));
    });
}

extern "C" fn create(host: *const HostTable, config: Bytes, error: Sink, place: *mut *mut c_void) -> Status {
    abi::create(host, config, error, place, |host, config| {
        let token = member(config, "token").unwrap_or_default().to_string();
        let config_id = member(config, "config_id").unwrap_or_default().to_string();
        if token.len() < 16 || config_id.is_empty() {
            return Err("token and config_id: both are needed, and a token has at least 16 characters".to_string());
        }
        Ok(Instance { host, token, config_id })
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
const SCHEMA: &str = r#"{"type":"object","required":["token","config_id"],"properties":{
  "token":{"type":"string","pattern":"^[A-Za-z0-9._~-]{16,256}$"},"config_id":{"type":"string","pattern":"^[A-Za-z0-9._~-]{1,128}$"}},
  "additionalProperties":false,"examples":[{"token":"an-example-token","config_id":"config-1"}]}"#;

static TABLE: Table<Auth> = Table(Auth { size: size_of::<Auth>(), flags: 0, authenticate, others: [None, None], cancel: None });
static PROVIDER: Table<Provider> = Table(Provider {
    size: size_of::<Provider>(),
    kind: KIND_AUTH,
    flags: PF_INLINE,
    reserved: 0,
    name: concat!("{{name}}", "\0").as_ptr() as *const c_char,
    interface_id: concat!("smg.auth/0", "\0").as_ptr() as *const c_char,
    config_schema: Bytes::of(SCHEMA),
    create,
    health,
    stop,
    destroy,
    vtable: &TABLE as *const Table<Auth> as *const c_void,
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

    fn login(instance: *mut c_void, authorization: &str) -> Status {
        let context = context();
        let header = Pair { key: Bytes::of("authorization"), value: Bytes::of(authorization) };
        let request = AuthRequest {
            size: size_of::<AuthRequest>(), flags: 0, context: &context, headers: Pairs { ptr: &header, len: 1 }, method: Bytes::EMPTY,
            target: Bytes::EMPTY, resource: Bytes::EMPTY, peer: Bytes::EMPTY, transport: Bytes::of("http"),
        };
        authenticate(instance, 1, &request);
        last().status
    }

    #[test]
    fn only_the_token_is_let_in() {
        let instance = make(&PROVIDER.0, r#"{"token": "0123456789abcdef", "config_id": "config-1"}"#).unwrap();
        assert_eq!(login(instance, "Bearer 0123456789abcdef"), OK);
        for other in ["Bearer 0123456789abcdeX", "Bearer 0123456789abcde", "Bearer ", "Bearer", "", "0123456789abcdef"] {
            assert_eq!(login(instance, other), E_UNAUTHENTICATED, "{other}");
        }
        end(&PROVIDER.0, instance);
    }

    #[test]
    fn the_configuration_is_checked() {
        assert!(make(&PROVIDER.0, r#"{"token":"short","config_id":"config-1"}"#).is_none());
    }
}
