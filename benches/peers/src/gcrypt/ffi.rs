//! The functions of libgcrypt that are needed, found at run time: all `unsafe` code of this crate.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::path::{Path, PathBuf};
use std::ptr;

use libloading::os::unix::{Library as Loaded, RTLD_LOCAL, RTLD_NOW};

use crate::contender::{Digest, Nonce, Tag};

const SONAME: &str = "libgcrypt.so.20";

// Numbers of `gcrypt.h`
const GCRYCTL_DISABLE_SECMEM: c_int = 37;
const GCRYCTL_INITIALIZATION_FINISHED: c_int = 38;
const GCRYCTL_DISABLE_HWF: c_int = 63;
const GCRY_CIPHER_MODE_GCM: c_int = 9;

/// An algorithm by its number in `gcrypt.h`.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum Algorithm {
    Sha256 = 8,
    Aes256 = 9,
    Sm4 = 318,
    Sm3 = 326,
}

/// Whether to seal or to open.
#[derive(Clone, Copy)]
pub enum Direction {
    Encrypt,
    Decrypt,
}

type Handle = *mut c_void;
type Code = c_uint;
type Set = unsafe extern "C" fn(Handle, *const c_void, usize) -> Code;
type Apply = unsafe extern "C" fn(Handle, *mut c_void, usize, *const c_void, usize) -> Code;

/// One initialised instance of libgcrypt. It stays until the process ends.
pub struct Library {
    check_version: unsafe extern "C" fn(*const c_char) -> *const c_char,
    control: unsafe extern "C" fn(c_int, ...) -> Code,
    open: unsafe extern "C" fn(*mut Handle, c_int, c_int, c_uint) -> Code,
    close: unsafe extern "C" fn(Handle),
    set_key: Set,
    set_iv: Set,
    authenticate: Set,
    encrypt: Apply,
    decrypt: Apply,
    get_tag: unsafe extern "C" fn(Handle, *mut c_void, usize) -> Code,
    check_tag: Set,
    hash: unsafe extern "C" fn(c_int, *mut c_void, *const c_void, usize),
}

impl Library {
    /// Loads an instance; `hidden` are the features of the processor that it shall not see.
    pub fn load(hidden: &str) -> Result<&'static Self, String> {
        // SAFETY: a library of the system (or a copy of it), whose initialiser has no conditions.
        let open = |path: &Path| unsafe { Loaded::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
        let original = open(Path::new(SONAME)).map_err(|error| error.to_string())?;
        let loaded = if hidden.is_empty() {
            original
        } else {
            let copy = copy_of_original(hidden).map_err(|error| error.to_string())?;
            let loaded = open(&copy).map_err(|error| error.to_string());
            std::fs::remove_file(&copy).map_err(|error| error.to_string())?;
            loaded?
        };
        let library = Self::find(&loaded).map_err(|error| error.to_string())?;
        std::mem::forget(loaded);
        library.initialise(hidden)?;
        Ok(Box::leak(Box::new(library)))
    }

    fn find(loaded: &Loaded) -> Result<Self, libloading::Error> {
        // SAFETY: every type above is the one that `gcrypt.h` declares for this name, and the
        // caller never unloads the library.
        unsafe {
            Ok(Self {
                check_version: *loaded.get("gcry_check_version")?,
                control: *loaded.get("gcry_control")?,
                open: *loaded.get("gcry_cipher_open")?,
                close: *loaded.get("gcry_cipher_close")?,
                set_key: *loaded.get("gcry_cipher_setkey")?,
                set_iv: *loaded.get("gcry_cipher_setiv")?,
                authenticate: *loaded.get("gcry_cipher_authenticate")?,
                encrypt: *loaded.get("gcry_cipher_encrypt")?,
                decrypt: *loaded.get("gcry_cipher_decrypt")?,
                get_tag: *loaded.get("gcry_cipher_gettag")?,
                check_tag: *loaded.get("gcry_cipher_checktag")?,
                hash: *loaded.get("gcry_md_hash_buffer")?,
            })
        }
    }

    /// In the order that the manual of libgcrypt asks for ("Initializing the library").
    fn initialise(&self, hidden: &str) -> Result<(), String> {
        let names = CString::new(hidden).expect("names of features have no zero byte");
        // SAFETY: this instance is used by this thread only until it is initialised; each command
        // has the argument that the manual gives it.
        unsafe {
            if !hidden.is_empty() && (self.control)(GCRYCTL_DISABLE_HWF, names.as_ptr()) != 0 {
                return Err(format!("libgcrypt does not know the feature {hidden}"));
            }
            (self.check_version)(ptr::null());
            (self.control)(GCRYCTL_DISABLE_SECMEM, 0 as c_int);
            (self.control)(GCRYCTL_INITIALIZATION_FINISHED, 0 as c_int);
        }
        Ok(())
    }

    /// The version of the library.
    pub fn version(&self) -> String {
        // SAFETY: without an argument it returns a static string.
        let version = unsafe { CStr::from_ptr((self.check_version)(ptr::null())) };
        version.to_string_lossy().into_owned()
    }

    /// Sets up a key.
    pub fn gcm(&'static self, cipher: Algorithm, key: &[u8]) -> Gcm {
        let mut handle = ptr::null_mut();
        // SAFETY: `handle` is written before it is used; the key lies in `key`.
        unsafe {
            done((self.open)(&mut handle, cipher as c_int, GCRY_CIPHER_MODE_GCM, 0));
            done((self.set_key)(handle, key.as_ptr().cast(), key.len()));
        }
        Gcm { library: self, handle }
    }

    /// Hashes `data` at once.
    pub fn hash(&self, hash: Algorithm, data: &[u8]) -> Digest {
        let mut digest = Digest::default();
        // SAFETY: both hashes that `Algorithm` has write 32 bytes.
        unsafe {
            (self.hash)(hash as c_int, digest.as_mut_ptr().cast(), data.as_ptr().cast(), data.len())
        };
        digest
    }
}

/// A key of libgcrypt in GCM.
pub struct Gcm {
    library: &'static Library,
    handle: Handle,
}

// SAFETY: a handle has no ties to the thread that made it, and `&mut self` keeps others away.
unsafe impl Send for Gcm {}

impl Gcm {
    /// Begins a message.
    pub fn start(&mut self, nonce: &Nonce, aad: &[u8]) {
        // SAFETY: the handle is open; both slices outlive the calls, which copy what they keep.
        unsafe {
            done((self.library.set_iv)(self.handle, nonce.as_ptr().cast(), nonce.len()));
            done((self.library.authenticate)(self.handle, aad.as_ptr().cast(), aad.len()));
        }
    }

    /// Works on `data` in place.
    pub fn apply(&mut self, direction: Direction, data: &mut [u8]) {
        let apply = match direction {
            Direction::Encrypt => self.library.encrypt,
            Direction::Decrypt => self.library.decrypt,
        };
        // SAFETY: the handle is open; without an input the output is worked on in place.
        done(unsafe { apply(self.handle, data.as_mut_ptr().cast(), data.len(), ptr::null(), 0) });
    }

    /// The tag over the message.
    pub fn tag(&mut self) -> Tag {
        let mut tag = Tag::default();
        // SAFETY: the handle is open; it writes the length it is given.
        done(unsafe { (self.library.get_tag)(self.handle, tag.as_mut_ptr().cast(), tag.len()) });
        tag
    }

    /// Whether the message has this tag.
    pub fn has_tag(&mut self, tag: &Tag) -> bool {
        // SAFETY: the handle is open; it reads the length it is given.
        unsafe { (self.library.check_tag)(self.handle, tag.as_ptr().cast(), tag.len()) == 0 }
    }
}

impl Drop for Gcm {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and never used again.
        unsafe { (self.library.close)(self.handle) }
    }
}

fn done(code: Code) {
    assert!(code == 0, "libgcrypt failed: error {code}");
}

/// A copy of the library that is loaded already: the loader takes a file of another inode for
/// another library, with variables of its own.
fn copy_of_original(hidden: &str) -> std::io::Result<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    let original = maps
        .lines()
        .filter_map(|line| line.find('/').map(|start| &line[start..]))
        .find(|path| path.contains("/libgcrypt.so."))
        .ok_or(std::io::ErrorKind::NotFound)?;
    let name = format!("sealkeep-peers-{}-{hidden}.so", std::process::id());
    let copy = std::env::current_exe()?.with_file_name(name);
    std::fs::copy(original, &copy)?;
    Ok(copy)
}
