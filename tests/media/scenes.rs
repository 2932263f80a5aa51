//! How the file to be wiped came to be: a file system, and a history on it.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::image::{Image, Recipe, needs, run};
use crate::pattern::{BLOCK, Found, Pattern, Version};

/// 4 MiB, as in the figures that `benches/wipe/leftovers.py` prints.
pub(crate) const BLOCKS: u32 = 1024;

const EXT4: Recipe = Recipe {
    mkfs: &["mkfs.ext4", "-q", "-F", "-b", "4096", "-I", "256", "-E", "lazy_itable_init=0"],
    options: "",
    mib: 256,
};
const XFS: Recipe = Recipe { mkfs: &["mkfs.xfs", "-q", "-m", "reflink=1"], options: "", mib: 300 };
// Without discards: what would be found must not depend on when they run.
const BTRFS: Recipe = Recipe { mkfs: &["mkfs.btrfs", "-q"], options: "nodiscard", mib: 256 };

/// The content of the file now, and what it was before.
pub(crate) const NOW: Version = Version { file: 1, version: 2 };
pub(crate) const BEFORE: Version = Version { file: 1, version: 1 };

/// A file on an image.
pub(crate) struct Scene {
    pub(crate) image: Image,
    pub(crate) pattern: Pattern,
    /// The file to be wiped.
    pub(crate) file: PathBuf,
    /// Which blocks of [`NOW`] are its content; those beyond were cut off earlier.
    pub(crate) content: Range<u32>,
    /// How many of them there are: a search before the wipe must find them all.
    pub(crate) written: usize,
    /// Whether the file system compresses: other marks are looked for then.
    compressed: bool,
}

impl Scene {
    fn on(recipe: &Recipe) -> Option<Scene> {
        let image = Image::new(recipe)?;
        let pattern = Pattern::new();
        let file = image.path(&named(&pattern));
        let written = BLOCKS as usize;
        Some(Scene { image, pattern, file, content: 0..BLOCKS, written, compressed: false })
    }

    /// A file written once, of as many bytes.
    fn with_file(recipe: &Recipe, len: usize) -> Option<Scene> {
        let mut scene = Scene::on(recipe)?;
        scene.write_now(len);
        Some(scene)
    }

    fn write_now(&mut self, len: usize) {
        save(&self.file, &self.pattern.content(NOW, len));
        self.has(blocks(len));
        self.image.sync();
    }

    /// Its content are the first blocks, as many as this.
    fn has(&mut self, blocks: u32) {
        self.content = 0..blocks;
        self.written = blocks as usize;
    }

    /// Looks through the raw image as it is now.
    pub(crate) fn search(&self) -> Found {
        let image = self.image.file();
        match self.compressed {
            true => self.pattern.search_compressed(&image, NOW, self.content.end),
            false => self.pattern.search(&image),
        }
    }

    /// Blocks found of the file's content.
    pub(crate) fn current(&self, found: &Found) -> usize {
        found.within(NOW.version, self.content.clone())
    }

    /// Blocks found of what it was before.
    pub(crate) fn earlier(&self, found: &Found) -> usize {
        found.all() - self.current(found)
    }
}

/// ext4 as it is made nowadays, `data=ordered`.
pub(crate) fn ext4() -> Option<Scene> {
    Scene::with_file(&EXT4, BLOCKS as usize * BLOCK)
}

/// ext4 with a file of any size.
pub(crate) fn ext4_of(len: usize) -> Option<Scene> {
    Scene::with_file(&EXT4, len)
}

/// ext4 with the data in the journal too.
pub(crate) fn ext4_data_journal(len: usize) -> Option<Scene> {
    Scene::with_file(&Recipe { options: "data=journal", ..EXT4 }, len)
}

/// ext4 with a file that lies in its inode.
pub(crate) fn ext4_inline() -> Option<Scene> {
    let mkfs = &["mkfs.ext4", "-q", "-F", "-b", "4096", "-I", "256", "-O", "inline_data"];
    Scene::with_file(&Recipe { mkfs, ..EXT4 }, 100)
}

/// ext4 without a journal.
pub(crate) fn ext4_no_journal() -> Option<Scene> {
    let mkfs = &["mkfs.ext4", "-q", "-F", "-b", "4096", "-I", "256", "-O", "^has_journal"];
    Scene::with_file(&Recipe { mkfs, ..EXT4 }, BLOCKS as usize * BLOCK)
}

/// ext4, the file saved anew as office programs do: beside it, then renamed over it.
pub(crate) fn ext4_saved_by_rename() -> Option<Scene> {
    saved_by_rename(&EXT4)
}

/// The same with the data in the journal too.
pub(crate) fn ext4_saved_by_rename_data_journal() -> Option<Scene> {
    saved_by_rename(&Recipe { options: "data=journal", ..EXT4 })
}

/// The same on XFS.
pub(crate) fn xfs_saved_by_rename() -> Option<Scene> {
    saved_by_rename(&XFS)
}

/// The same on btrfs.
pub(crate) fn btrfs_saved_by_rename() -> Option<Scene> {
    saved_by_rename(&BTRFS)
}

fn saved_by_rename(recipe: &Recipe) -> Option<Scene> {
    let scene = Scene::on(recipe)?;
    save(&scene.file, &scene.pattern.content(BEFORE, BLOCKS as usize * BLOCK));
    scene.image.sync();
    let beside = scene.image.path("saved");
    save(&beside, &scene.pattern.content(NOW, BLOCKS as usize * BLOCK));
    fs::rename(beside, &scene.file).expect("it can be renamed");
    scene.image.sync();
    Some(scene)
}

/// ext4, the file cut to a quarter before.
pub(crate) fn ext4_truncated() -> Option<Scene> {
    let mut scene = ext4()?;
    let file = OpenOptions::new().write(true).open(&scene.file).expect("it is there");
    file.set_len(u64::from(BLOCKS / 4) * BLOCK as u64).expect("it can be cut");
    drop(file);
    scene.image.sync();
    scene.has(BLOCKS / 4);
    Some(scene)
}

/// ext4, three blocks far from each other in a file of holes.
pub(crate) fn ext4_sparse() -> Option<Scene> {
    let mut scene = Scene::on(&EXT4)?;
    let content = scene.pattern.content(NOW, BLOCKS as usize * BLOCK);
    let file = File::create(&scene.file).expect("there is room");
    file.set_len(content.len() as u64 + 123).expect("it grows");
    for block in [5, 400, BLOCKS as usize - 1] {
        let at = block * BLOCK;
        file.write_all_at(&content[at..at + BLOCK], at as u64).expect("there is room");
    }
    drop(file);
    scene.image.sync();
    scene.written = 3;
    Some(scene)
}

/// ext4, an odd size, and behind the end, in the rest of the last block, something else: block 77 of the content before.
pub(crate) fn ext4_with_slack() -> Option<Scene> {
    let mut scene = ext4_of(20 * BLOCK + 1000)?;
    let name = scene.file.file_name().expect("it has a name").to_string_lossy().into_owned();
    scene.image.unmount();
    let ask = format!("bmap {name} 20");
    let said = run(Command::new("debugfs").arg("-R").arg(ask).arg(scene.image.file()));
    let block: u64 = said.trim().parse().expect("the number of a block");
    let slack = &scene.pattern.content(BEFORE, 78 * BLOCK)[77 * BLOCK..];
    let image = OpenOptions::new().write(true).open(scene.image.file()).expect("it is there");
    image.write_all_at(&slack[1024..], block * BLOCK as u64 + 1024).expect("it can be written");
    drop(image);
    scene.image.mount();
    Some(scene)
}

/// ext4 with a folder of many small files, large enough for its names to be hashed. The folder is what is wiped.
pub(crate) fn ext4_tree(files: u32) -> Option<Scene> {
    let mut scene = Scene::on(&EXT4)?;
    scene.file = scene.image.path("ward");
    scene.written = 0;
    for number in 1..=files {
        let folder = scene.file.join(format!("{}-{}", scene.pattern.name(), number % 3 / 2));
        fs::create_dir_all(&folder).expect("there is room");
        let path = folder.join(format!("{}-{number}.dcm", scene.pattern.name()));
        // Never so that less than a record lies in the last block.
        let len = number as usize * 64;
        let content = scene.pattern.content(Version { file: number, ..NOW }, len);
        fs::write(path, content).expect("there is room");
        scene.written += blocks(len) as usize;
    }
    scene.image.sync();
    Some(scene)
}

/// XFS.
pub(crate) fn xfs() -> Option<Scene> {
    Scene::with_file(&XFS, BLOCKS as usize * BLOCK)
}

/// XFS, and a copy shares the file's blocks.
pub(crate) fn xfs_reflink() -> Option<Scene> {
    let scene = xfs()?;
    reflink(&scene);
    Some(scene)
}

/// XFS, and a copy shared the file's blocks until a moment ago.
pub(crate) fn xfs_reflink_removed() -> Option<Scene> {
    let scene = xfs_reflink()?;
    fs::remove_file(scene.image.path("copy")).expect("it can be removed");
    Some(scene)
}

/// XFS, a copy of the content before shared the file's blocks; that content was then overwritten, which moved it.
pub(crate) fn xfs_rewritten_under_reflink() -> Option<Scene> {
    let mut scene = Scene::on(&XFS)?;
    save(&scene.file, &scene.pattern.content(BEFORE, BLOCKS as usize * BLOCK));
    scene.image.sync();
    reflink(&scene);
    scene.write_now(BLOCKS as usize * BLOCK);
    fs::remove_file(scene.image.path("copy")).expect("it can be removed");
    scene.image.sync();
    Some(scene)
}

/// btrfs.
pub(crate) fn btrfs() -> Option<Scene> {
    Scene::with_file(&BTRFS, BLOCKS as usize * BLOCK)
}

/// btrfs with a file that lies in the tree of its metadata.
pub(crate) fn btrfs_inline() -> Option<Scene> {
    Scene::with_file(&BTRFS, 1024)
}

/// btrfs, a file that is overwritten in place.
pub(crate) fn btrfs_nodatacow() -> Option<Scene> {
    let mut scene = Scene::on(&BTRFS)?;
    nodatacow(&mut scene);
    Some(scene)
}

/// btrfs with a snapshot that holds the file too.
pub(crate) fn btrfs_snapshot(nodatacow_too: bool) -> Option<Scene> {
    let mut scene = Scene::on(&BTRFS)?;
    let volume = scene.image.path("volume");
    run(Command::new("btrfs").args(["subvolume", "create"]).arg(&volume));
    scene.file = volume.join(named(&scene.pattern));
    match nodatacow_too {
        true => nodatacow(&mut scene),
        false => scene.write_now(BLOCKS as usize * BLOCK),
    }
    let snapshot = scene.image.path("snapshot");
    run(Command::new("btrfs").args(["subvolume", "snapshot", "-r"]).arg(volume).arg(snapshot));
    scene.image.sync();
    Some(scene)
}

/// btrfs that compresses what it is given.
pub(crate) fn btrfs_compressed() -> Option<Scene> {
    let options = "nodiscard,compress-force=zstd";
    let mut scene = Scene::on(&Recipe { options, ..BTRFS })?;
    scene.has(128);
    scene.compressed = true;
    save(&scene.file, &scene.pattern.compressible(NOW, scene.content.end));
    scene.image.sync();
    Some(scene)
}

/// overlayfs over ext4. The file is in the upper folder; with `copied_up` it is so because the one below was changed.
pub(crate) fn overlay(copied_up: bool) -> Option<Scene> {
    needs("mount")?;
    let mut scene = Scene::on(&EXT4)?;
    let [lower, upper, work, merged] =
        ["lower", "upper", "work", "merged"].map(|name| scene.image.path(name));
    for folder in [&lower, &upper, &work, &merged] {
        fs::create_dir(folder).expect("there is room");
    }
    let name = named(&scene.pattern);
    if copied_up {
        save(&lower.join(&name), &scene.pattern.content(NOW, BLOCKS as usize * BLOCK));
    }
    let [lower, upper, work] = [lower, upper, work].map(|path| path.display().to_string());
    let options = format!("lowerdir={lower},upperdir={upper},workdir={work}");
    scene.image.mount_above(merged.clone(), &["-t", "overlay", "overlay", "-o", &options]);
    scene.file = merged.join(name);
    match copied_up {
        // The same content, so that what is left of it below counts.
        true => overwrite(&scene.file, &scene.pattern.content(NOW, BLOCK)),
        false => scene.write_now(BLOCKS as usize * BLOCK),
    }
    scene.image.sync();
    Some(scene)
}

/// The blocks that so many bytes take.
pub(crate) fn blocks(len: usize) -> u32 {
    u32::try_from(len.div_ceil(BLOCK)).expect("files are small")
}

/// A name as it is found again.
fn named(pattern: &Pattern) -> String {
    format!("patient-{}.dcm", pattern.name())
}

/// Writes a file and brings it to the medium.
fn save(path: &Path, content: &[u8]) {
    let mut file = File::create(path).expect("there is room");
    file.write_all(content).expect("there is room");
    file.sync_all().expect("it can be synchronised");
}

/// Writes over the beginning of a file.
fn overwrite(path: &Path, content: &[u8]) {
    let file = OpenOptions::new().write(true).open(path).expect("it is there");
    file.write_all_at(content, 0).expect("there is room");
    file.sync_all().expect("it can be synchronised");
}

fn reflink(scene: &Scene) {
    let copy = scene.image.path("copy");
    run(Command::new("cp").arg("--reflink=always").arg(&scene.file).arg(copy));
    scene.image.sync();
}

/// Only an empty file can be made so.
fn nodatacow(scene: &mut Scene) {
    File::create(&scene.file).expect("there is room");
    run(Command::new("chattr").arg("+C").arg(&scene.file));
    overwrite(&scene.file, &scene.pattern.content(NOW, BLOCKS as usize * BLOCK));
    scene.image.sync();
}
