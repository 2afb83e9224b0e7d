// A plugin is never unloaded: threads and destructors of the library may outlive whoever closes it.
fn main() {
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
