# The English words of Sealkeep. Every key here is in ../zh-CN/sealkeep.ftl too; a test compares them.
# Vocabulary: docs/architecture.md. Error codes (E-…), command names and file names are never translated.

## Labels

label-error = error[{ $code }]: { $what }
label-warning = warning[{ $code }]: { $what }
label-detail = cause: { $text }
label-means = meaning: { $text }
label-todo = what to do: { $text }

## Headings of help texts

help-usage = Usage:{ " " }
help-commands = Commands
help-arguments = Arguments
help-options = Options
help-global-options = Options of every command

## Mistakes on the command line

usage-one-drive = --sanitize takes one drive at a time.
usage-unknown-argument = there is no argument '{ $arg }' here.
usage-unknown-command = there is no command '{ $command }'.
usage-missing-command = a command is missing.
usage-missing-argument = these are missing: { $arg }.
usage-missing-value = '{ $arg }' needs a value.
usage-invalid-value = '{ $value }' is not a value for '{ $arg }' (possible: { $allowed }).
usage-conflict = '{ $arg }' and '{ $other }' exclude each other.
usage-other = { $problem }.
usage-suggestion = Did you mean '{ $it }'?
usage-alone = '-', --range and --output - take a single file, and --dry-run takes no stream.
usage-skip-hidden = --skip-existing cannot work with hidden names: they do not tell what is sealed already.
usage-no-source = nothing to back up is named, neither here nor under [backup] sources in the configuration.
usage-no-keep = name snapshots, or say with --keep-… what is to be kept.
usage-copy-place = a copy lies in a folder with a name in UTF-8; object stores and other addresses cannot be used yet.
usage-json-and-data = --json and the data cannot both go to standard output.

## Questions

prompt-officer-passphrase = { "Passphrase of " }{ $path }{ ": " }
prompt-passphrase = { "Passphrase of the key store: " }
prompt-new-passphrase = { "New passphrase: " }
prompt-new-passphrase-again = { "The same again: " }

## Help: the program and the options of every command

cmd = Seals sensitive data with keys kept elsewhere, so that it can later be destroyed everywhere at once
    .long = A sealed file holds no key, not even an encrypted one: its key lies only in the key store.
        Start with `sealkeep init`, then `sealkeep seal PATH -o OUT` and `sealkeep open OUT -o BACK`.
        `sealkeep tour` shows everything on real files in a scratch folder.
        Exit codes are listed in docs/exit-codes.md.
cmd--keystore = The key store's directory [env: SEALKEEP_KEYSTORE]
cmd--cell = The root cell, when it does not lie in the key store's directory [env: SEALKEEP_CELL]
cmd--vault = The vault's directory [env: SEALKEEP_VAULT]
cmd--passphrase-file = Read the passphrase from the first line of a file [env: SEALKEEP_PASSPHRASE_FILE]
cmd--passphrase-fd = Read the passphrase from an open file descriptor
cmd--key-file = Unlock the key store with a key file [env: SEALKEEP_KEY_FILE]
cmd--officer-key = The key that an officer signs with [env: SEALKEEP_OFFICER_KEY]
cmd--officer-passphrase-file = Read that key's passphrase from the first line of a file [env: SEALKEEP_OFFICER_PASSPHRASE_FILE]
cmd--purpose = What the keys are opened for; it goes into the ledger
cmd--config = The configuration file [default: $XDG_CONFIG_HOME/sealkeep/config.toml]
cmd--lang = Language of messages: en or zh-CN [env: SEALKEEP_LANG]
cmd--json = Print the result as one JSON document
cmd--quiet = Print nothing but errors and warnings
cmd--verbose = Say more about what is done
cmd--wait = How long to wait for a key store that is in use, in seconds [default: 5]
cmd--help = Print help
cmd--version = Print the version

## Help: commands on data

cmd-init = Make a key store
    .long = By default the store is opened by a passphrase, asked for twice. With --shares a recovery kit is made as well:
        give each share to another person; any K of them together open the store when the passphrase is lost.
cmd-init--suite = Suite of the key store itself: aes256-gcm or sm4-gcm [default: aes256-gcm]
cmd-init--new-passphrase-file = Read the new passphrase from the first line of a file
cmd-init--new-key-file = Make a key file here; it opens the store without a passphrase
cmd-init--shares = Make N recovery shares, K of which open the store
cmd-init--kit = Where to write the recovery shares, one file each

cmd-seal = Seal files, folders or standard input
    .long = Folders are sealed file by file and mirrored under OUT with `.sealed` appended. `-` is standard input or output.
        The keys are safely in the key store, and in its live copies, before success is reported.
cmd-seal--paths = Files or folders to seal; `-` for standard input
cmd-seal--output = Sealed file, folder for several, or `-` for standard output [default: beside each input]
cmd-seal--scope = Scope that the new keys belong to, e.g. radiology/2019/patient-0042 [default: default]
cmd-seal--suite = aes256-gcm or sm4-gcm [default: aes256-gcm]
cmd-seal--exclude = Leave out what matches this pattern; may be given several times
cmd-seal--hide-names = Name sealed files after their key, so that names and folders do not show
cmd-seal--force = Replace outputs that exist
cmd-seal--skip-existing = Leave outputs that exist as they are: finishes a run that was interrupted
cmd-seal--allow-nested = Seal files that are sealed already
cmd-seal--dry-run = Show what would be sealed, and seal nothing
cmd-seal--retire = Then open every sealed file again, compare it with its source, and wipe the sources that are proved
cmd-seal--yes = With --retire: do not ask
cmd-seal--method = With --retire: list of passes, see `wipe methods` [default: random]
cmd-seal--verify = With --retire: read back all of the last pass, of every pass, or a tenth [default: last]
cmd-seal--require = With --retire: what must be achievable for a source to be wiped [default: best-effort]
cmd-seal--hard-links = With --retire: also files that have other names: their content goes for all names
cmd-seal--allow-uncopied = With --retire: even where no live copy of the key store has the keys
cmd-seal--journal = With --retire: folder for the journal by which the wipe can go on [default: the key store's path with `.wipe` appended]
cmd-seal--report = With --retire: also write the JSON report to this file

cmd-open = Open sealed files
    .long = Names, modes and times come from inside the sealed files. Nothing appears under its final name before
        its last byte has been verified.
cmd-open--paths = Sealed files or folders of them; `-` for standard input
cmd-open--output = Folder, file, or `-` for standard output [default: beside each input]
cmd-open--range = Open only bytes A up to but not including B; B may be left out
cmd-open--force = Replace outputs that exist
cmd-open--skip-existing = Leave outputs that exist as they are: finishes a run that was interrupted

cmd-inspect = Show what a sealed file tells without its key: suite, size, key id
cmd-inspect--paths = Sealed files; `-` for standard input

cmd-check = Verify sealed files to the last byte, writing nothing
cmd-check--paths = Sealed files or folders of them

cmd-wipe = Overwrite data in place, and verify it
    .long = Examines first what an overwrite can achieve here, shows the plan, asks, overwrites in place, reads back past the
        cache, and reports no more than it saw. Ends with 0 when everything is verified, 40 when some of it could only be done
        with best effort, 3 when something failed, 4 when nothing was touched.
cmd-wipe--paths = Files, folders or block devices
cmd-wipe--survey = Only show what an overwrite can achieve here
cmd-wipe--dry-run = Show the plan, and change nothing
cmd-wipe--yes = Do not ask
cmd-wipe--method = List of passes, see `wipe methods` [default: random]
cmd-wipe--verify = Read back all of the last pass, of every pass, or a tenth [default: last]
cmd-wipe--require = What must be achievable for a target to be touched [default: best-effort]
cmd-wipe--hard-links = Also files that have other names: their content goes for all names
cmd-wipe--in-use = Also files that other programs have open
cmd-wipe--whole = A disk with its partition table and all partitions
cmd-wipe--keep = Overwrite only; leave files and names
cmd-wipe--free-space = Overwrite the free space of the file systems of these folders
cmd-wipe--sanitize = Have a whole drive erase itself by its own command: not tested on hardware, best effort at most
cmd-wipe--resume = Go on with a run that was cut off
cmd-wipe--journal = Folder for the journal by which a run can go on [default: the key store's path with `.wipe` appended]
cmd-wipe--no-journal = Keep no journal; a run that is cut off has to be begun anew
cmd-wipe--report = Also write the JSON report to this file

cmd-wipe-methods = List the methods: which passes they write, and where their names come from
    .long = Methods of your own stand in the configuration file, under [wipe.methods].

## Help: the vault

cmd-backup = Back up files and folders into the vault
    .long = Each file gets a key of its own, so that it can be destroyed in every snapshot and every copy at once. Unchanged files
        are not read again. Scope, level, retention class and subjects follow from the path, by a file of rules.
        Ends with 3 when something could not be read: the snapshot then holds everything else.
cmd-backup--sources = Files or folders [default: `sources` under [backup] in the configuration]
cmd-backup--files-from = Read more of them from a file, one in each line, or as `find -print0` writes them; `-` for standard input
cmd-backup--tag = Tag of the snapshot; may be given several times
cmd-backup--host = Name of this machine in the snapshot [default: the host's name]
cmd-backup--scope-rules = File of rules: which scope, level, class and subjects a path belongs to
cmd-backup--scope = Scope of what no rule matches [default: default]
cmd-backup--exclude = Leave out what matches this pattern; may be given several times
cmd-backup--exclude-caches = Leave out what is in folders with a CACHEDIR.TAG
cmd-backup--exclude-larger-than = Leave out larger files, e.g. 500M
cmd-backup--one-file-system = Leave out what is mounted below a source
cmd-backup--reread = Read everything again, even what seems unchanged
cmd-backup--renew-destroyed = Take up again, under new keys, what is at the paths of destroyed objects
cmd-backup--dry-run = Compare and count, and store nothing

cmd-snapshots = List the snapshots
cmd-snapshots--host = Only those of this machine
cmd-snapshots--tag = Only those with this tag; may be given several times
cmd-snapshots--source = Only those that have this source
cmd-snapshots--last = Only the last N

cmd-ls = List what is in a snapshot
cmd-ls--snapshot = Id of a snapshot, or its beginning, or latest
cmd-ls--paths = Only what is at these paths, and in these folders
cmd-ls--recursive = Everything below them
cmd-ls--long = Modes, owners, sizes and times, too
cmd-ls--host = For latest: only those of this machine
cmd-ls--tag = For latest: only those with this tag; may be given several times
cmd-ls--source = For latest: only those that have this source

cmd-find = Find objects by name, subject, scope, level, class or the end of their retention
    .long = Looks in the newest snapshot of each machine and sources, unless told otherwise. A pattern without a slash is a name on any
        level, one with a slash an absolute path.
cmd-find--patterns = Patterns of names, e.g. '*.dcm' or '/srv/patients/0042/**'; without any, every name
cmd-find--snapshot = In this snapshot; may be given several times
cmd-find--all = In all snapshots
cmd-find--subject = Only about this subject; may be given several times
cmd-find--scope = Only in this scope, and below it
cmd-find--level = Only of this level, e.g. L4; L3+ is this one and those above
cmd-find--class = Only of this retention class
cmd-find--residency = Only with this residency
cmd-find--expires-before = Only what need not be kept on this day any more, e.g. 2030-12-31
cmd-find--policy = The policy file
cmd-find--long = Modes, owners, sizes and times, too
cmd-find--host = Only in snapshots of this machine
cmd-find--tag = Only in snapshots with this tag; may be given several times
cmd-find--source = Only in snapshots that have this source

cmd-diff = Show how two snapshots differ
cmd-diff--old = Id of a snapshot, or its beginning
cmd-diff--new = Id of another, or latest
cmd-diff--metadata = Show also where only attributes or classification differ
cmd-diff--host = For latest: only those of this machine
cmd-diff--tag = For latest: only those with this tag; may be given several times
cmd-diff--source = For latest: only those that have this source

cmd-restore = Restore a snapshot, or part of it
    .long = Whatever can be restored is. Objects whose keys were destroyed are named, each with what is left of its key; when nothing else is
        amiss, the exit code is 41.
cmd-restore--snapshot = Id of a snapshot, or its beginning, or latest
cmd-restore--paths = Paths as they were backed up; everything below them comes too [default: everything]
cmd-restore--output = The folder to restore into; whole paths are made below it
cmd-restore--include = Only what matches this pattern; may be given several times
cmd-restore--relative-to = Leave this folder out of the paths that are made
cmd-restore--existing = Files that are there: refuse, keep, update if length or time differ, or replace [default: refuse]
cmd-restore--numeric-owner = Owners by number, even if they have other names here
cmd-restore--dry-run = Show what would be restored, and write nothing
cmd-restore--host = For latest: only those of this machine
cmd-restore--tag = For latest: only those with this tag; may be given several times
cmd-restore--source = For latest: only those that have this source

cmd-dump = Write one file of a snapshot to standard output
cmd-dump--snapshot = Id of a snapshot, or its beginning, or latest
cmd-dump--path = The file, as it was backed up
cmd-dump--host = For latest: only those of this machine
cmd-dump--tag = For latest: only those with this tag; may be given several times
cmd-dump--source = For latest: only those that have this source

cmd-forget = Forget snapshots that are no longer wanted
    .long = Snapshots of one machine and the same sources are a group; what --keep-… say is kept in each. A snapshot goes only if none of them
        wants it, and the newest stays anyway. Days and weeks are those of UTC+8. Forgetting destroys no key.
cmd-forget--snapshots = Ids of snapshots, or their beginnings; otherwise those that --keep-… leave
cmd-forget--keep-last = Keep the newest N
cmd-forget--keep-hourly = Keep the newest of each of N hours that have one
cmd-forget--keep-daily = Keep the newest of each of N days that have one
cmd-forget--keep-weekly = Keep the newest of each of N weeks that have one
cmd-forget--keep-monthly = Keep the newest of each of N months that have one
cmd-forget--keep-yearly = Keep the newest of each of N years that have one
cmd-forget--keep-within = Keep all that are not older than the newest by more than this, e.g. 1y6m, 30d, 12h
cmd-forget--keep-tag = Keep those with this tag; may be given several times
cmd-forget--group-by = What makes a group: host, sources, tags, joined by commas [default: host,sources]
cmd-forget--allow-empty = Let the newest of a group go too, if nothing keeps it
cmd-forget--host = Look only at those of this machine
cmd-forget--tag = Look only at those with this tag; may be given several times
cmd-forget--source = Look only at those that have this source
cmd-forget--prune = Then give back the space that nothing needs any more
cmd-forget--max-unused = With --prune: so much may stay that nobody needs, because to move the rest costs more [default: 5%]
cmd-forget--dry-run = Show what would be forgotten, and forget nothing

cmd-prune = Give back the space of what no snapshot needs, and of destroyed objects
    .long = Works alone: waits until nobody else uses the vault. What objects on hold use is kept.
cmd-prune--max-unused = So much may stay that nobody needs, because to move the rest costs more [default: 5%]
cmd-prune--dry-run = Show what would be done, and change nothing

cmd-drill = Restore a sample to scratch, compare it, and write a signed report
    .long = The real key store is used, and with --copy nothing but that copy. Destroyed objects are tried too, and must fail.
cmd-drill--copy = Id or folder of the copy that would be needed [default: the vault itself]
cmd-drill--snapshot = Id of a snapshot, or its beginning [default: latest]
cmd-drill--objects = How many objects, chosen at random [default: 100]
cmd-drill--sample = How much of it, chosen at random, e.g. 10%
cmd-drill--all = Everything
cmd-drill--scratch = Folder that holds plain content for a while [default: /dev/shm]
cmd-drill--every = The next drill is due after so many days [default: 30]
cmd-drill--host = For latest: only those of this machine
cmd-drill--tag = For latest: only those with this tag; may be given several times
cmd-drill--source = For latest: only those that have this source

cmd-copy = Look after copies of the vault
cmd-copy-add = Register a folder as a copy, and bring it up to date
cmd-copy-add--place = The folder, best on another device in another building
cmd-copy-add--kind = What it is: disk, nas, tape or object
cmd-copy-add--serial = Serial number or label
cmd-copy-add--level = GB/T 39725 level of what it holds at most, 1 to 5
cmd-copy-add--location = Building, room, safe
cmd-copy-add--custodian = Who answers for it
cmd-copy-add--residency = In which country or region its data lies
cmd-copy-add--sync-days = It is to be brought up to date at least each so many days; 0: whenever somebody does it
cmd-copy-add--check-days = It is to be checked at least each so many days; 0: never
cmd-copy-add--audit-days = Somebody is to look after it at least each so many days; 0: never
cmd-copy-add--no-sync = Only register it
cmd-copy-list = List the copies: when synced, checked, what is overdue. Needs no key
cmd-copy-sync = Bring copies up to date; each file is read back
cmd-copy-sync--copies = Ids or folders of copies; without any, all that are in use
cmd-copy-sync--anew = Make the copy anew in a folder that has lost it
cmd-copy-sync--dry-run = Show what would be brought and removed, and change nothing
cmd-copy-check = Read copies to the last byte and compare them with what the vault signed. Needs no key
cmd-copy-check--copies = Ids or folders of copies; without any, all that are in use
cmd-copy-check--fingerprint = The fingerprint that `vault init` gave, where the vault itself is lost
cmd-copy-repair = Heal a copy from another, or the vault from a copy
cmd-copy-repair--copy = Id or folder of the copy to heal, or `vault`
cmd-copy-repair--from = Id or folder of a copy that is good there, or `vault`
cmd-copy-repair--fingerprint = The fingerprint that `vault init` gave, where the vault itself is lost
cmd-copy-repair--dry-run = Show what would be healed, and change nothing
cmd-copy-remove = Take a copy out of use; what became of it stays in the register
cmd-copy-remove--copy = Id or folder of the copy
cmd-copy-remove--state = What became of it: retired, destroyed or lost [default: retired]
cmd-copy-remove--dry-run = Show what would be noted, and change nothing

cmd-media = Keep the register of everything that data lies on
cmd-media-add = Register a medium that is no copy of the vault
cmd-media-add--kind = What it is: disk, nas, tape or object
cmd-media-add--serial = Serial number or label
cmd-media-add--level = GB/T 39725 level of what it holds at most, 1 to 5
cmd-media-add--location = Building, room, safe
cmd-media-add--custodian = Who answers for it
cmd-media-add--residency = In which country or region its data lies
cmd-media-add--sync-days = It is to be brought up to date at least each so many days; 0: whenever somebody does it
cmd-media-add--check-days = It is to be checked at least each so many days; 0: never
cmd-media-add--audit-days = Somebody is to look after it at least each so many days; 0: never
cmd-media-add--place = Path or address, if it has one
cmd-media-list = List copies and media. Needs no key
cmd-media-list--all = Also those that are destroyed or lost
cmd-media-audit = Note that media were looked after; without any, list those that should be
cmd-media-audit--ids = Ids of media
cmd-media-audit--by = Who did it [default: the account's name]
cmd-media-audit--not-found = They were not where they should be
cmd-media-audit--note = What is to be remarked
cmd-media-set = Change what is known of a copy or medium
cmd-media-set--id = Its id
cmd-media-set--kind = What it is: disk, nas, tape or object
cmd-media-set--serial = Serial number or label
cmd-media-set--level = GB/T 39725 level of what it holds at most, 1 to 5
cmd-media-set--location = Building, room, safe
cmd-media-set--custodian = Who answers for it
cmd-media-set--residency = In which country or region its data lies
cmd-media-set--sync-days = It is to be brought up to date at least each so many days; 0: whenever somebody does it
cmd-media-set--check-days = It is to be checked at least each so many days; 0: never
cmd-media-set--audit-days = Somebody is to look after it at least each so many days; 0: never
cmd-media-set--state = What became of it: in-use, retired, destroyed or lost
cmd-media-set--place = Path or address

cmd-destroy = Destroy data under signed approvals, and prove it
cmd-destroy-request = Apply for a destruction: freeze the list and sign it
cmd-destroy-request--scope = Everything in a scope
cmd-destroy-request--subject = Everything of a person, by the pseudonym in the rules
cmd-destroy-request--query = What a pattern finds in the vault, as `find` does
cmd-destroy-request--snapshot = What only this snapshot still has
cmd-destroy-request--path = A file or folder in the vault, in all snapshots and generations
cmd-destroy-request--retention-due = What has been kept as long as it must be
cmd-destroy-request--sealed = Sealed files
cmd-destroy-request--wipe = Plain files and folders, to be overwritten
cmd-destroy-request--device = Whole devices, to be overwritten
cmd-destroy-request--medium = A medium that others destroy physically; only recorded
cmd-destroy-request--method = How to overwrite: an id of `wipe methods` [default: that of the policy]
cmd-destroy-request--unclassified = Also objects whose retention nobody can tell (of forgotten snapshots, of another vault, or with keys that do not open); the request says how many
cmd-destroy-request--vendor = Who destroys the medium
cmd-destroy-request--particle = Size of the particles that are left of it
cmd-destroy-request--evidence = Photographs or reports whose digests go into the list
cmd-destroy-request--number = Your number for it, as on the form
cmd-destroy-request--trigger = What makes it due (PIPL 47)
cmd-destroy-request--reason = Why, in your words
cmd-destroy-request--basis = Law, rule or contract that it rests on
cmd-destroy-request--owner = Whose data it is
cmd-destroy-request--department = Which department applies
cmd-destroy-request--remark = What else is to be on the form
cmd-destroy-request--dry-run = Show what would be listed, sign nothing
cmd-destroy-request--yes = Sign without asking
cmd-destroy-next = Show what you can do now, and do it: asks at a terminal
cmd-destroy-list = List requests, and who has to do what next
cmd-destroy-list--officer = Only what this officer can do now
cmd-destroy-list--all = Also those that are finished
cmd-destroy-status = Show one request: statements, state, next step
cmd-destroy-status--request = Number or digest of the request; a beginning is enough
cmd-destroy-review = Look at the list before deciding: summary, sample, search
cmd-destroy-review--request = Number or digest of the request; a beginning is enough
cmd-destroy-review--packet = Look at an exported packet instead; needs no key store
cmd-destroy-review--search = Only items whose name or line has this text
cmd-destroy-review--sample = How many items to show, chosen at random
cmd-destroy-export = Write a packet for reviewing and signing on another machine
cmd-destroy-export--request = Number or digest of the request; a beginning is enough
cmd-destroy-export--output = The packet
cmd-destroy-export--names = With names in clear: the packet must be destroyed afterwards
cmd-destroy-import = Hand in statements that were signed elsewhere
cmd-destroy-import--files = The statements
cmd-destroy-approve = Approve a request: the next step of the policy
cmd-destroy-approve--request = Number or digest of the request; a beginning is enough
cmd-destroy-approve--packet = Sign over an exported packet; needs no key store
cmd-destroy-approve--opinion = What you say about it; goes into the statement and the forms
cmd-destroy-approve--out = Write the statement to a file instead of handing it in
cmd-destroy-approve--yes = Sign without asking
cmd-destroy-reject = Reject a request
cmd-destroy-reject--request = Number or digest of the request; a beginning is enough
cmd-destroy-reject--packet = Sign over an exported packet; needs no key store
cmd-destroy-reject--opinion = What you say about it; goes into the statement and the forms
cmd-destroy-reject--out = Write the statement to a file instead of handing it in
cmd-destroy-reject--yes = Sign without asking
cmd-destroy-withdraw = Withdraw your own request
cmd-destroy-withdraw--request = Number or digest of the request; a beginning is enough
cmd-destroy-withdraw--packet = Sign over an exported packet; needs no key store
cmd-destroy-withdraw--opinion = What you say about it; goes into the statement and the forms
cmd-destroy-withdraw--out = Write the statement to a file instead of handing it in
cmd-destroy-withdraw--yes = Sign without asking
cmd-destroy-cancel = Cancel a request during its waiting period; its keys become what they were
cmd-destroy-cancel--request = Number or digest of the request; a beginning is enough
cmd-destroy-cancel--packet = Sign over an exported packet; needs no key store
cmd-destroy-cancel--opinion = What you say about it; goes into the statement and the forms
cmd-destroy-cancel--out = Write the statement to a file instead of handing it in
cmd-destroy-cancel--yes = Sign without asking
cmd-destroy-resume = Let a request go on that was paused because somebody tried to use its keys
cmd-destroy-resume--request = Number or digest of the request; a beginning is enough
cmd-destroy-resume--packet = Sign over an exported packet; needs no key store
cmd-destroy-resume--opinion = What you say about it; goes into the statement and the forms
cmd-destroy-resume--out = Write the statement to a file instead of handing it in
cmd-destroy-resume--yes = Sign without asking
cmd-destroy-witness = Witness an execution: sign its record
cmd-destroy-witness--request = Number or digest of the request; a beginning is enough
cmd-destroy-witness--opinion = What you say about it; goes into the statement and the forms
cmd-destroy-witness--yes = Sign without asking
cmd-destroy-execute = Execute an approved request once its waiting period is over. Goes on where a crash left off
cmd-destroy-execute--request = Number or digest of the request; a beginning is enough
cmd-destroy-execute--dry-run = Show what would be destroyed and overwritten, and whether it could be now; change nothing
cmd-destroy-execute--yes = Sign without asking
cmd-destroy-inspect = Inspect an execution: try to open what was destroyed, in every place, and sign the result
cmd-destroy-inspect--request = Number or digest of the request; a beginning is enough
cmd-destroy-inspect--backup = A backup of the key store to try as well
cmd-destroy-inspect--others = How many other objects must still open
cmd-destroy-inspect--yes = Sign without asking
cmd-destroy-certify = Write the certificate, with its forms in HTML, PDF and XLSX
cmd-destroy-certify--request = Number or digest of the request; a beginning is enough
cmd-destroy-certify--output = Folder for them
cmd-hold = Keep data from everybody, without destroying it (PIPL 47)
cmd-hold-place = Place a hold
cmd-hold-place--scope = Scopes, with all below them
cmd-hold-place--key = Keys
cmd-hold-place--reason = Why
cmd-hold-place--basis = Law, order or file number that it rests on
cmd-hold-place--review-days = It is to be reviewed after so many days
cmd-hold-review = Review a hold: it is still needed
cmd-hold-review--hold = Digest of the hold; a beginning is enough
cmd-hold-review--review-days = It is to be reviewed again after so many days
cmd-hold-review--opinion = What you say about it; goes into the statement and the forms
cmd-hold-release = Begin to release a hold: sign first, and hand the file on to the others
cmd-hold-release--hold = Digest of the hold; a beginning is enough
cmd-hold-release--opinion = What you say about it; goes into the statement and the forms
cmd-hold-release--with = Officers who will sign too
cmd-hold-release--out = The statement, for `statement sign` and `statement submit`
cmd-hold-list = List holds, and which are to be reviewed
cmd-break-glass = Open in an emergency what is otherwise closed
cmd-break-glass-begin = Break the glass: an alarm goes into the ledger, and a justification is due
cmd-break-glass-begin--scope = Scopes, with all below them
cmd-break-glass-begin--everything = All scopes
cmd-break-glass-begin--reason = Why, in your words
cmd-break-glass-begin--hours = For how long
cmd-break-glass-justify = Hand in the justification
cmd-break-glass-justify--grant = Digest of the statement that broke the glass; a beginning is enough
cmd-break-glass-justify--text = The justification
cmd-break-glass-list = List emergency accesses, and whose justification is overdue

cmd-retention = Look at retention periods
cmd-retention-due = List what has been kept as long as it must be
    .long = What is listed may be proposed for destruction; nothing is destroyed because a day has come. Objects on hold are not listed.
cmd-retention-due--on = As of this day, e.g. 2030-12-31 [default: today at UTC+8]
cmd-retention-due--class = Only this class
cmd-retention-due--policy = The policy file [default: the periods of Chinese law for medical records]
cmd-retention-policy = Show the retention policy
cmd-retention-policy--policy = The policy file [default: the periods of Chinese law for medical records]
cmd-retention-policy--text = Print the built-in policy as a file, to begin one with

cmd-rules = Look at scope rules
cmd-rules-explain = Show what the rules say of paths, and which of them
cmd-rules-explain--paths = Paths, as they would be backed up; they need not be there
cmd-rules-explain--scope-rules = File of rules
cmd-rules-explain--scope = Scope of what no rule matches [default: default]
cmd-rules-explain--source = The source that they lie in [default: patterns are compared with the paths as typed]
cmd-rules-explain--policy = The policy file

cmd-status = Show what is overdue: backups, copies, checks, audits, drills, reviews
    .long = Ends with 42 when something is overdue, so that a monitor need not read it.
cmd-status--max-age = How old the newest snapshot may be, e.g. 26h [default: 30h]

cmd-vault = Look after the vault as a whole
cmd-vault-init = Make a vault in an empty folder
cmd-vault-init--suite = Suite of the vault: aes256-gcm or sm4-gcm [default: that of the key store]
cmd-vault-init--pack-size = Size of the files in it, in MiB [default: 32]
cmd-vault-rebuild = Make the indexes of the vault anew from its packs and the key store
    .long = For a vault of which anything but the packs is lost. Packs are not changed.
cmd-vault-check = Check that everything is there that the snapshots need
cmd-vault-check--read-data = Read every byte, too
cmd-vault-check--sample = Read part of it, chosen at random, e.g. 10%

## Help: keys

cmd-key = Look at keys and change their states
cmd-key-list = List keys
cmd-key-list--scope = Only keys of this scope
cmd-key-list--state = Only keys in this state
cmd-key-list--uncopied = Only keys that no copy of the key store holds yet
cmd-key-list--limit = At most this many
cmd-key-show = Show keys: scope, state, dates, labels
cmd-key-show--keys = Key ids, or sealed files that name them
cmd-key-suspend = Suspend keys: they open nothing until resumed
cmd-key-suspend--keys = Key ids, or sealed files that name them
cmd-key-resume = Make suspended keys active again
cmd-key-resume--keys = Key ids, or sealed files that name them
cmd-key-deactivate = Deactivate keys: they open what they sealed, and seal nothing new
cmd-key-deactivate--keys = Key ids, or sealed files that name them
cmd-key-compromise = Mark keys as known or feared to be known to others
cmd-key-compromise--keys = Key ids, or sealed files that name them
cmd-key-rotate = Replace the keys that protect data keys; sealed files stay as they are
cmd-key-rotate--scope = Only the key of this scope; otherwise the root and every scope
cmd-key-level = Classify a scope (GB/T 39725): who approves its destruction and who opens it follows
cmd-key-level--scope = The scope
cmd-key-level--level = The level, 1 to 5; with a policy in force it only rises

## Help: the key store

cmd-keystore = Look after the key store: custody, copies, recovery
cmd-keystore-status = Show the key store's state without unlocking it where possible
cmd-keystore-check = Read everything in the key store and verify it
cmd-keystore-passwd = Change how the key store is opened
    .long = What opened the store until now stops working, unless --add is given. A copy of the root cell that somebody
        made before still opens as before.
cmd-keystore-passwd--new-passphrase-file = Read the new passphrase from the first line of a file
cmd-keystore-passwd--new-key-file = Make a key file here; it opens the store without a passphrase
cmd-keystore-passwd--shares = Make N new recovery shares, K of which open the store; the old ones stop working
cmd-keystore-passwd--kit = Where to write the recovery shares, one file each
cmd-keystore-passwd--add = Leave a passphrase or key file of the other kind working too
cmd-keystore-recover = Open the key store with recovery shares and give it a new passphrase or key file
cmd-keystore-recover--share-files = Files with one share each
cmd-keystore-recover--new-passphrase-file = Read the new passphrase from the first line of a file
cmd-keystore-recover--new-key-file = Make a key file here; it opens the store without a passphrase
cmd-keystore-recover--shares = Make N new recovery shares, K of which open the store; the old ones stop working
cmd-keystore-recover--kit = Where to write the recovery shares, one file each
cmd-keystore-drill-shares = Prove that recovery shares would work, opening nothing
cmd-keystore-drill-shares--share-files = Files with one share each
cmd-keystore-restore = Make the key store again from a copy
    .long = The new store is made where --keystore (and --cell) say. It begins a new incarnation:
        destroyed keys stay destroyed.
cmd-keystore-restore--from = The copy's directory
cmd-keystore-restore--from-cell = The copy's root cell, when it does not lie in the copy's directory
cmd-keystore-restore--evidence = Another copy, or what is left of the main store, that may know of later destructions
cmd-keystore-restore--accept-loss = Restore even when a newer state is known; what came after this copy is lost
cmd-keystore-copy = Look after copies of the key store
cmd-keystore-copy-add = Register a directory as a copy and bring it up to date
cmd-keystore-copy-add--path = The copy's directory, best on another device
cmd-keystore-copy-add--copy-cell = Where the copy's root cell goes [default: in the copy's directory]
cmd-keystore-copy-add--manual = Bring it up to date only by `keystore copy sync`, not at every seal
cmd-keystore-copy-add--warn-only = When it cannot be reached, warn instead of refusing to report success
cmd-keystore-copy-add--timeout = How long a copy may take, in seconds
cmd-keystore-copy-list = List the copies
cmd-keystore-copy-sync = Bring copies up to date
cmd-keystore-copy-sync--paths = Directories of copies; without any, all of them
cmd-keystore-copy-check = Verify that copies hold what the key store holds
cmd-keystore-copy-check--paths = Directories of copies; without any, all of them
cmd-keystore-copy-remove = Forget a copy
cmd-keystore-copy-remove--path = The copy's directory

## Help: officers, policy, statements

cmd-officer = Officers: who may decide about keys
cmd-officer-new = Make a key to sign with: an encrypted file that openssl reads
cmd-officer-new--file = The new file
cmd-officer-new--suite = aes256-gcm: Ed25519; sm4-gcm: SM2 [default: that of the key store]
cmd-officer-init = Name the first officers and the first policy, once; all with authority sign
cmd-officer-init--list = The officers, as a TOML file of [[officer]] tables with id, name, person, roles, key
cmd-officer-init--policy = The policy [default: as `sealkeep policy default` prints it]
cmd-officer-init--output = Write the statement to this new file, for others to sign, instead of submitting it
cmd-officer-init--dry-run = Show what would be said, and do nothing
cmd-officer-enroll = Make somebody an officer
cmd-officer-enroll--file = The officer, as a TOML file with one [[officer]] table
cmd-officer-enroll--replaces = The officer of the same person who is revoked by this
cmd-officer-enroll--with = Another officer who has to sign; may be given more than once
cmd-officer-enroll--output = Write the statement to this new file, for others to sign, instead of submitting it
cmd-officer-enroll--dry-run = Show what would be said, and do nothing
cmd-officer-qualify = Record an officer's qualification
cmd-officer-qualify--id = The officer
cmd-officer-qualify--number = Number of the certificate of qualification
cmd-officer-qualify--until = Its last day (2026-01-31)
cmd-officer-qualify--with = Another officer who has to sign; may be given more than once
cmd-officer-qualify--output = Write the statement to this new file, for others to sign, instead of submitting it
cmd-officer-qualify--dry-run = Show what would be said, and do nothing
cmd-officer-suspend = Let an officer sign nothing for the time being
cmd-officer-suspend--id = The officer
cmd-officer-suspend--reason = Why
cmd-officer-suspend--output = Write the statement to this new file, for others to sign, instead of submitting it
cmd-officer-suspend--dry-run = Show what would be said, and do nothing
cmd-officer-reinstate = End a suspension
cmd-officer-reinstate--id = The officer
cmd-officer-reinstate--with = Another officer who has to sign; may be given more than once
cmd-officer-reinstate--output = Write the statement to this new file, for others to sign, instead of submitting it
cmd-officer-reinstate--dry-run = Show what would be said, and do nothing
cmd-officer-revoke = End being an officer, for good
cmd-officer-revoke--id = The officer
cmd-officer-revoke--reason = Why
cmd-officer-revoke--compromised = Somebody else may have had the key
cmd-officer-revoke--output = Write the statement to this new file, for others to sign, instead of submitting it
cmd-officer-revoke--dry-run = Show what would be said, and do nothing
cmd-officer-leaver = Say that an officer leaves; within 72 hours they are to be revoked
cmd-officer-leaver--id = The officer
cmd-officer-leaver--left = The day of leaving (2026-01-31) [default: now]
cmd-officer-leaver--output = Write the statement to this new file, for others to sign, instead of submitting it
cmd-officer-leaver--dry-run = Show what would be said, and do nothing
cmd-officer-list = List officers, and who should have been revoked or is no longer qualified
cmd-officer-show = Show an officer
cmd-officer-show--id = The officer
cmd-policy = The policy: who has to agree, how long to wait
cmd-policy-show = Print the policy in force
cmd-policy-check = Tell what is wrong with a policy, or weak about it
cmd-policy-check--file = The policy, TOML
cmd-policy-explain = Tell what a level of data asks for
cmd-policy-explain--level = L1 to L5, or 0 for what is not classified
cmd-policy-explain--file = A policy that is not in force [default: the one in force]
cmd-policy-default = Print a policy to begin with
cmd-policy-set = Put a policy in force
cmd-policy-set--file = The policy, TOML; its version must be higher
cmd-policy-set--with = Another officer who has to sign; may be given more than once
cmd-policy-set--output = Write the statement to this new file, for others to sign, instead of submitting it
cmd-policy-set--dry-run = Show what would be said, and do nothing
cmd-statement = Statements of officers: look at them, sign them, submit them
cmd-statement-show = Show what a statement says; the signatures are not judged
cmd-statement-show--file = The statement
cmd-statement-show--suite = Suite of the key store it is for [default: that of the key store here]
cmd-statement-sign = Sign a statement that others have begun; no key store is needed
cmd-statement-sign--file = The statement
cmd-statement-sign--id = Who signs
cmd-statement-sign--output = The new file
cmd-statement-submit = Submit a statement that everybody has signed
cmd-statement-submit--file = The statement
cmd-statement-submit--inventory = The inventory of the request that it is about
cmd-statement-clock = Say that the time of the ledger is right, after an alarm of the clock; nothing is executed before
cmd-statement-clock--opinion = What you found; goes into the statement
cmd-statement-clock--with = Another officer who is to sign too; can be given several times
cmd-statement-clock--output = Write the statement to this new file, for others to sign, instead of submitting it
cmd-statement-clock--dry-run = Show what would be said, and do nothing

## Help: certificates

cmd-certificate = Check, read and print certificates of destruction; no key store is needed
cmd-certificate-verify = Check everything that a certificate says, offline
    .long = Without --trust it shows that the certificate is whole and that everything in it fits together, but not whose it
        is: anybody can make a key store. Get the digest of the genesis statement from the organisation by another way.
        docs/guide/auditing.md shows the same checks with openssl and python alone.
cmd-certificate-verify--file = The certificate; '-' for standard input
cmd-certificate-verify--trust = Digest of the genesis statement of the key store, from elsewhere: 64 hexadecimal digits
cmd-certificate-show = Show what a certificate that holds says
cmd-certificate-show--file = The certificate; '-' for standard input
cmd-certificate-show--trust = Digest of the genesis statement of the key store, from elsewhere: 64 hexadecimal digits
cmd-certificate-show--checkpoint = Show only the checkpoint of the ledger in it, for `sealkeep ledger check --against -`
cmd-certificate-render = Make the forms of a certificate that holds: application, register, certificate, both in Chinese and English
cmd-certificate-render--file = The certificate; '-' for standard input
cmd-certificate-render--trust = Digest of the genesis statement of the key store, from elsewhere: 64 hexadecimal digits
cmd-certificate-render--html = Write all forms as one HTML page, for printing on A4
cmd-certificate-render--pdf = Write all forms as PDF; the viewer needs a Chinese font of its own
cmd-certificate-render--xlsx = Write the register with all items as a workbook
## Help: the ledger

cmd-ledger = Look at what happened to keys, and prove it
cmd-ledger-log = List entries of the ledger
cmd-ledger-log--class = Only entries of this class
cmd-ledger-log--operation = Only this operation
cmd-ledger-log--who = Only what this account did
cmd-ledger-log--key = Only what is about this key, or this scope by its id
cmd-ledger-log--scope = Only what is about this scope, or one below it
cmd-ledger-log--since = Only from this time on (2026-11-22, or 2026-11-22T08:00:00Z)
cmd-ledger-log--until = Only before this time
cmd-ledger-log--last = Only the last N of them
cmd-ledger-check = Compute the whole ledger anew and compare
    .long = An older checkpoint, kept elsewhere, finds what somebody changed who had everything that opens the key store.
cmd-ledger-check--against = A checkpoint that was made before; the ledger must still contain it
cmd-ledger-checkpoint = Sign the ledger as it is now
    .long = Keep checkpoints where those who administer the key store cannot change them, and have witnesses sign them.
cmd-ledger-checkpoint--output = Write it to this new file
cmd-ledger-prove = Prove that an entry is in the ledger
cmd-ledger-prove--entry = The number of the entry
cmd-ledger-prove--output = Write the proof to this new file
cmd-ledger-export = Write entries with their proofs, one JSON object on each line, for a log server or an auditor
cmd-ledger-export--from = Only from this entry on
cmd-ledger-export--output = The new file

## Help: around the program

cmd-tour = See everything work on real files in a scratch folder
cmd-tour--path = A file or folder of yours; it is only read [default: the project's documentation]
cmd-tour--keep = Leave everything in this new folder to look at
cmd-completions = Print completions for a shell
cmd-completions--shell = The shell
cmd-man = Print the manual page
cmd-man--dir = Write all manual pages into this folder instead

## Errors: what happened, what it means, what to do

E-IO = { $subject }: the system reported an error
    .means = A file or device did not do what it should.
    .todo = Look at the cause above, repair it and run the command again.
E-UNEXPECTED = something happened that should not: { $subject }
    .means = This is a mistake in Sealkeep or in the system below it. Your data was left alone.
    .todo = Please report it with the exact command and the output of the same command with --verbose.
E-CHANGED = { $subject } changed while it was being read
    .means = The sealed file would be a mixture of old and new, so it was not kept.
    .todo = Seal it again when nobody writes to it, or seal a snapshot.
E-JOURNAL = The journal { $subject } cannot be read
    .means = It was damaged, or written by another version. The run that it belongs to cannot go on by itself.
    .todo = Wipe again what that run was about, then delete the journal.
E-USAGE = { $subject }
    .means = The command line could not be understood; nothing was done.
    .todo = See the same command with --help.
E-CONFIG = { $subject } is not a valid configuration file
    .means = Nothing was done, because a setting might have been missed.
    .todo = Correct the line named above; the fields are listed in docs/guide/configuration.md.
E-SCOPE = '{ $subject }' is not a scope name
    .means = Scope names are 1 to 255 bytes, parts joined by '/', none of them empty, '.' or '..'.
    .todo = Use a name such as radiology/2019/patient-0042.
E-SCOPE-UNKNOWN = there is no scope '{ $subject }'
    .means = No key was ever made in a scope of this name, or the scope was destroyed with its name.
    .todo = List what there is with `sealkeep key list`.
E-PATTERN = '{ $subject }' is not a pattern
    .means = Nothing was done, because the wrong files might have been taken.
    .todo = Use patterns such as '*.tmp' or 'cache/**'.
E-RULES = { $subject } is not a valid file of scope rules
    .means = Nothing was done, because files might have come into the wrong scope.
    .todo = Correct the line named above; `sealkeep rules explain` shows what rules say of a path.
E-POLICY = { $subject } is not a valid retention policy
    .means = Nothing was done, because periods might have been taken for shorter than they are.
    .todo = Correct the line named above; `sealkeep retention policy --text` prints one that is valid.
E-SNAPSHOT-UNKNOWN = there is no snapshot '{ $subject }'
    .means = No snapshot has an id that begins like this, or, for latest, none is finished that fits.
    .todo = List what there is with `sealkeep snapshots`.
E-SNAPSHOT-AMBIGUOUS = several snapshots begin with '{ $subject }'
    .means = Nothing was done.
    .todo = Give more digits of the id.
E-RANGE = the range { $subject } does not fit
    .means = A range is A-B in bytes of the content, A not above B, B not beyond the end.
    .todo = Give a range inside the content; leave B out to read to the end.
E-METHOD = There is no method called { $subject }
    .means = Nothing was done.
    .todo = `sealkeep wipe methods` lists all; methods of your own stand in the configuration file.
E-NAMED-TWICE = { $subject } is named twice, or lies inside another target
    .means = Nothing was done.
    .todo = Name each thing once.
E-IS-LINK = { $subject } is a symbolic link
    .means = Nothing was done: neither the link nor what it points to is taken for what was meant.
    .todo = Name what it points to. Links inside folders are taken away, and never followed.
E-NOT-SEEKABLE = { $subject } cannot be read at any position
    .means = A range needs a file: the end has to be verified before the middle is given out.
    .todo = Save the input to a file first, or open the whole of it.
E-KEY-ID = '{ $subject }' is neither a key id nor a sealed file
    .means = A key id is 32 hexadecimal digits.
    .todo = Take the id from `sealkeep inspect` or `sealkeep key list`, or give the sealed file itself.
E-NO-PASSPHRASE = there is no passphrase
    .means = The key store needs one, and there is no terminal to ask at, or the source holds none.
    .todo = Give --passphrase-file, --passphrase-fd or --key-file.
E-PASSPHRASES-DIFFER = the two passphrases differ
    .means = Nothing was changed.
    .todo = Run the command again and type the same passphrase twice.
E-PASSPHRASE-EMPTY = the passphrase is empty
    .means = An empty passphrase protects nothing; nothing was changed.
    .todo = Choose a passphrase of several words.
E-NO-CUSTODY = nothing would open this key store
    .means = A key store that nobody can open is worth nothing.
    .todo = Give a passphrase, a key file or recovery shares.
E-NOT-KEY-FILE = { $subject } is not a key file
    .means = A key file is made by `sealkeep init --new-key-file`; other files do not serve as keys.
    .todo = Name the right file.
E-NO-OFFICER-KEY = no key of an officer was named
    .means = Statements are signed with the officer's own key.
    .todo = Name it with --officer-key or SEALKEEP_OFFICER_KEY. `sealkeep officer new` makes one.
E-NOT-OFFICER-KEY = { $subject } is not the key of an officer
    .means = It is an encrypted private key (PKCS#8, PEM) with Ed25519 or SM2.
    .todo = Name the right file. `sealkeep officer new` makes one.
E-OFFICER-LOCKED = the passphrase does not open { $subject }
    .means = The passphrase is wrong, or the file is damaged.
    .todo = Try again. If it is lost, have a new key enrolled in its place: nobody can help out.
E-OFFICER-LIST = { $subject } is not a list of officers
    .means = Nothing was done.
    .todo = Write one [[officer]] table for each, with id, name, person, roles and key, as the line above says.
E-OFFICER-UNKNOWN = there is no officer { $subject }
    .means = Nobody was ever enrolled under this id.
    .todo = List them with `sealkeep officer list`.
E-BAD-POLICY = { $subject } is not a policy that can be put in force
    .means = Nothing was changed.
    .todo = Correct the member named above; `sealkeep policy default` prints a policy that is valid.
E-DESTROY-PARTIAL = request { $subject } is only partly destroyed
    .means = The keys are gone for good. Some of what was to be overwritten was not; the record of execution says what. There will be no certificate of completion.
    .todo = Look at `sealkeep destroy status`, and request the destruction of what is left anew.
E-INSPECTION = the inspection of request { $subject } was not passed
    .means = Something that was destroyed opens somewhere, or something else that must open does not. The places are listed above.
    .todo = Bring the copy named above up to date or retire it, then inspect again.
E-NO-OFFICERS = there are no officers yet
    .means = Nobody can approve anything before the ceremony that enrols the first officers.
    .todo = `sealkeep officer init` holds it.
E-NOT-AN-OFFICER = { $subject } is no officer of this key store
    .means = The key or the id is not enrolled here.
    .todo = `sealkeep officer list` shows who is.
E-STATEMENT = not accepted: { $subject }
    .means = The rules of the policy, or of the separation of persons, do not allow this statement now. Nothing was changed.
    .todo = `sealkeep destroy status` shows what a request waits for, and `sealkeep policy explain` who may do what.
E-NOT-A-STATEMENT = { $subject } is not a signed statement
    .means = It is not one, it was changed, or signatures are missing.
    .todo = Sign it again, or name the right file.
E-PACKET = the packet { $subject } does not fit together
    .means = It was changed, or is no packet. Nothing was signed.
    .todo = Export it again.
E-REQUEST-UNKNOWN = there is no request { $subject }
    .means = No request has this number or digest.
    .todo = `sealkeep destroy list --all` shows them.
E-REQUEST-AMBIGUOUS = several requests begin with { $subject }
    .means = It is not clear which one is meant.
    .todo = Write more of the number or digest.
E-HOLD-UNKNOWN = there is no one hold { $subject }
    .means = None, or several, begin with this; at least four digits are needed.
    .todo = `sealkeep hold list` shows them.
E-GRANT-UNKNOWN = there is no one emergency access { $subject }
    .means = None, or several, begin with this; at least four digits are needed.
    .todo = `sealkeep break-glass list` shows them.
E-MUST-BE-KEPT = some of it must be kept: { $subject }
    .means = It is on hold, its retention period is not over or not known, or another request is about to destroy it. Nothing was frozen.
    .todo = Leave it out, or wait. A minimum period is not cut short, whatever the reason.
E-NOTHING-FOUND = nothing was found that could be destroyed
    .means = What was named has no object, or all of it is destroyed already.
    .todo = `sealkeep find` and `sealkeep key list` show what there is.
E-INVENTORY = the list of the request is not the one that was signed
    .means = The files in `requests` beside the key store were changed or lost. The request cannot go on, and nothing comes back that was destroyed.
    .todo = Put the files back from a backup, or request anew.
E-REQUEST-FILE = a file of the request is missing: { $subject }
    .means = What is kept of a request lies in `requests` beside the key store. Without it the request cannot go on, and nothing comes back that was destroyed.
    .todo = Copies of the key store have it too, in `requests`: copy it back from there. A lost list is also in every packet of the request (guide to destruction, §10).
E-STALE = item { $subject } is not what the list says
    .means = It was changed, put on hold, destroyed, or its scope has got new keys since the list was made.
    .todo = Cancel or withdraw the request, and request anew.
E-NOT-EXECUTED = request { $subject } was not executed
    .means = Witnesses and the inspector sign what was done.
    .todo = `sealkeep destroy status` shows where it stands.
E-NOT-CERTIFIED = no certificate was issued
    .means = Something that a certificate needs is missing or does not hold: the line above says what.
    .todo = `sealkeep destroy status` shows what is missing. What is only partly destroyed is never certified.
E-PURPOSE = the policy asks what the data is opened for
    .means = Nothing was opened.
    .todo = Say it with --purpose or SEALKEEP_PURPOSE.
E-RESTRICTED = key { $subject } is restricted by the policy
    .means = Data of this level opens only in an emergency.
    .todo = `sealkeep break-glass begin` breaks the glass; it is alarmed and must be justified.
E-SCOPE-PENDING = scope { $subject } is pending destruction
    .means = An approved request is about to destroy it as a whole; it takes no new keys.
    .todo = Wait for the execution, or have the request cancelled.
E-PARTIAL = some of it failed ({ $subject })
    .means = Everything else is done and good; only what is named above is missing.
    .todo = Repair what is named above and run the command again for those files.
E-WIPE-FAILED = { $subject } was not wiped wholly
    .means = Some of it took no writes, or gave back something else than was written. Parts of the old content may still be there.
    .todo = Keep the report. Have the medium examined; destroy it physically if it holds what must go.
E-NOT-IN-PLACE = { $subject } was not overwritten in place
    .means = The file system wrote to other blocks; the old ones may still hold the content.
    .todo = `sealkeep wipe --survey` tells why. Remove snapshots and copies, then wipe the free space, or the whole device.
E-NOT-EMPTY = Something came into { $subject } meanwhile
    .means = The folder and what is in it now were left; what was in it before was wiped.
    .todo = Look who writes there, and wipe it again.
E-EXISTS = { $subject } exists already
    .means = It was left untouched.
    .todo = Choose another name, or give --force where the command has it.
E-OUTPUT-EXISTS = the output for { $subject } exists already
    .means = It was left untouched.
    .todo = Choose another output, or give --skip-existing to leave it, or --force to replace it.
E-ALREADY-SEALED = { $subject } is sealed already
    .means = Sealing it again would need two keys to open it.
    .todo = Leave it out, or give --allow-nested if you want just that.
E-TERMINAL = the output is binary and would go to a terminal
    .means = Binary data can garble or even control a terminal; nothing was written.
    .todo = Send it to a file with -o FILE or into a pipe.
E-ONE-OUTPUT = { $subject } needs an output of its own
    .means = Several inputs, or one without a name, would go to the same place.
    .todo = Give a folder for several inputs, and a file name for an input without a name.
E-OUTPUT-INSIDE = the output { $subject } lies inside the input
    .means = The outputs would become inputs.
    .todo = Choose an output outside the folder that is read.
E-ESCAPES = { $subject } would be written outside the output folder
    .means = A symbolic link in the output folder leads out of it; nothing was written through it.
    .todo = Use an empty output folder.
E-MIRROR-TAKEN = the folder { $subject } cannot be mirrored
    .means = Its mirror would be called like the sealed file of the folder around it, or of a file beside it. Nothing in it was sealed.
    .todo = Rename the folder, leave it out with --exclude, or seal with --hide-names.
E-NOT-REGULAR = { $subject } is not a regular file, folder or symbolic link
    .means = Devices, pipes and sockets hold nothing that could be sealed as a file.
    .todo = To seal what a pipe delivers, use standard input: `… | sealkeep seal - -o OUT`.
E-TOO-LONG = { $subject } is too long for one sealed file
    .means = The format has room for 2^32 segments.
    .todo = Split the content.
E-KEY-TRANSITION = key { $subject } cannot change to that state
    .means = Keys change state only along the paths of SP 800-57; destroyed keys never come back.
    .todo = See its state with `sealkeep key show`.
E-STORE-EXISTS = there is something at { $subject } already
    .means = It was left untouched: a key store is never overwritten.
    .todo = Choose another --keystore and --cell.
E-WIPE-REFUSED = Nothing was touched { $subject }
    .means = What was found about every target speaks against it.
    .todo = Read what was found. `--require nothing`, `--hard-links`, `--in-use` and `--whole` each allow one thing.
E-NOT-CONFIRMED = Not confirmed, so nothing was touched { $subject }
    .means = What is signed, wiped or destroyed cannot be taken back: it is done only when somebody confirms it.
    .todo = Type what is asked for at the terminal, or use `--yes` in a script.
E-NO-SANITIZE = { $subject } cannot be told to erase itself
    .means = It is no whole NVMe, ATA or SCSI drive, or the drive does not list this command. Nothing was touched.
    .todo = Try another of block-erase, crypto-erase and overwrite, or wipe the device without `--sanitize`.
E-OTHER-TARGET = { $subject } is not what was examined
    .means = Another file lies there now, or it has grown, or something was found out about it since. It was left alone from there on.
    .todo = Look who writes there, and wipe again.
E-JOURNAL-INSIDE = { $subject } lies inside what is to be wiped
    .means = The journal or the report would go with the rest.
    .todo = Name another place with `--journal` or `--report`.
E-OTHER-MOUNT = Another file system is mounted at { $subject }
    .means = It was left alone, and so was the folder.
    .todo = Unmount it, or name it by itself.
E-NOT-WIPEABLE = { $subject } is not a file, folder or block device
    .means = It holds nothing that could be overwritten, or is the root of everything.
    .todo = Name files, folders or block devices.
E-RETIRE-UNCOPIED = No copy of the key store has the keys, so no source was wiped
    .means = The keys would exist only once: whoever loses the key store would lose the data.
    .todo = Add a live copy with `sealkeep keystore copy add DIR`, or bring it back, then run the command again with --skip-existing. `--allow-uncopied` does without.
E-RETIRE-KEYS = { $subject } is needed to open what is sealed, and lies among the sources
    .means = It would be wiped with them, and nothing could be opened any more. Nothing was sealed or wiped.
    .todo = Move it to other storage, or name sources that do not hold it.
E-RETIRE-LINK = { $subject } is a symbolic link
    .means = What it points to is not retired through it. Nothing was sealed or wiped.
    .todo = Name the file or folder itself.
E-SOURCE-CHANGED = { $subject } changed after it was sealed
    .means = It was kept: what it holds now may not be in the sealed file.
    .todo = When nobody writes to it any more, remove its sealed file and retire it again.
E-DIFFERS = the sealed file of { $subject } holds something else
    .means = The source was kept: its content, name, mode or time is not what the sealed file opens to.
    .todo = Look which of the two is right. To seal the source anew, use --force, or another output.
E-KEPT = { $subject } was kept: it is not overwritten as it lies
    .means = It is sealed, and the sealed file was proved good; the source is whole.
    .todo = Remove what stands in the way, or see `--hard-links` and `--require`; then run the command again with --skip-existing.
E-NOT-FOUND = { $subject } does not exist
    .means = Nothing of that name was found, or it vanished.
    .todo = Check the name.
E-NOTHING-TO-RESUME = No unfinished run in { $subject }
    .means = There is nothing to go on with.
    .todo = Use the same `--journal` or `--keystore` as when the run began.
E-MISSING = { $subject } is not there
    .means = It was there when the run began and was not finished. The run can go on when it is there again.
    .todo = Mount its file system, or give it its name back, and run `sealkeep wipe --resume` again.
E-IS-DIRECTORY = { $subject } is a folder
    .means = A file was expected there.
    .todo = Name a file.
E-NOT-DIRECTORY = { $subject } is not a folder
    .means = A folder was expected there.
    .todo = Name a folder.
E-PERMISSION = access to { $subject } is not allowed
    .means = The system does not let this account read or write it.
    .todo = Run the command as an account that may, or change the permissions.
E-NO-SPACE = the disk of { $subject } is full
    .means = What was reported as done is done; the output that did not fit was removed, nothing else is left of it.
    .todo = Free some space, or choose an output on another disk.
E-NOT-SEALED = { $subject } is not a sealed file
    .means = It does not begin as sealed files do; a transfer in text mode also does that.
    .todo = Check that it is the right file, and transfer it again in binary mode if it was transferred.
E-NOTHING-SEALED = there is no sealed file in { $subject }
    .means = Nothing was checked or opened there: it is another folder, or all that was sealed is gone.
    .todo = Name the folder that holds the sealed files.
E-VERSION = { $subject } was sealed in a form that this version does not know
    .means = A newer version of Sealkeep made it, or its header is damaged.
    .todo = Use a newer version, or another copy of the file.
E-HEADER = the header of { $subject } is damaged
    .means = The file was changed or not made by Sealkeep; nothing of it was given out.
    .todo = Use another copy of the file.
E-DAMAGED = { $subject } was changed
    .means = Some part of it is not what was sealed. Nothing of it appears under the final name.
    .todo = Use another copy of the file; `sealkeep check` finds a good one.
E-TRUNCATED = the end of { $subject } is missing
    .means = The file was cut short, for example by a broken transfer. Nothing of it appears under the final name.
    .todo = Transfer it again, or use another copy.
E-WRONG-KEY = the key for { $subject } does not fit
    .means = The header was changed, or the key store gave the key of another file.
    .todo = Use another copy of the file, and run `sealkeep keystore check`.
E-CERTIFICATE = the certificate { $subject } does not hold
    .means = It was changed, cut, or never followed from what is in it. Nothing may be concluded from it.
    .todo = The first check that failed is named as the cause, and --json lists all. Get the file again from whoever issued it; if that one fails too, ask why.
E-OTHER-GENESIS = the certificate { $subject } is of another key store than you trust
    .means = Its chain of officers and policies begins with another genesis statement than the one given with --trust.
    .todo = Compare the digest with what the organisation published. If it was copied rightly, the certificate is not theirs.
E-STORE-MISSING = there is no key store at { $subject }
    .means = Without its key store no file can be sealed or opened.
    .todo = Name it with --keystore, make one with `sealkeep init`, or bring it back with `sealkeep keystore restore`.
E-LOCKED = the key store does not open
    .means = The passphrase or key file is not the right one. Nothing more can be told.
    .todo = Try again; if it is lost, use `sealkeep keystore recover` with the recovery shares.
E-SHARES-REFUSED = the recovery shares were refused
    .means = One is mistyped, of another kit or given twice, or there are too few.
    .todo = Check the shares against the printed kit.
E-FOREIGN-CELL = { $subject } is the root cell of another key store
    .means = Cell and key store belong together.
    .todo = Name the right one with --cell.
E-BUSY = the key store is in use
    .means = Another process works with it; two must not change it at once.
    .todo = Wait until it is done, or give more time with --wait SECONDS.
E-WIPE-BUSY = The run of { $subject } is still going on
    .means = Another process has its journal open.
    .todo = Wait for it to end.
E-STORE-DAMAGED = the key store at { $subject } is damaged
    .means = Its files are not what was written. Keys that can still be read are not in danger.
    .todo = Copy its directory aside, then run `sealkeep keystore check`, then `sealkeep keystore restore --from COPY`.
E-STORE-OLD = the key store and its root cell are not of the same time
    .means = An older copy of one of them was put back; destroyed keys must not return that way.
    .todo = Put the newest back, or use `sealkeep keystore restore` from a registered copy.
E-NOT-ERASED = the old root in { $subject } could not be erased
    .means = What was to be destroyed may still be recoverable from that medium.
    .todo = Check the medium; run the command again.
E-COPY-UNREACHABLE = the copy of the key store at { $subject } cannot be reached
    .means = What was changed, new keys included, is in the main key store and not in this copy, so success is not reported.
    .todo = Bring the copy back and run the same command again, or `sealkeep keystore copy sync`; or remove it with `keystore copy remove`.
E-COPY-UNKNOWN = there is no copy { $subject }
    .means = No copy of the key store is registered under that path.
    .todo = See `sealkeep keystore copy list`.
E-NOT-A-COPY = { $subject } holds no copy of a key store
    .means = The directory is empty, damaged, or of another key store.
    .todo = Name the directory that `keystore copy add` was given.
E-COPY-DAMAGED = the copy of the key store at { $subject } is damaged
    .means = It would not restore everything.
    .todo = Remove it with `keystore copy remove` and add a new one.
E-COPY-OUTDATED = the copy { $subject } is older than what is known
    .means = Keys made after it would be lost.
    .todo = Use a newer copy.
E-VAULT-EXISTS = { $subject } exists and is not an empty folder
    .means = It was left untouched: a vault is made only where nothing else is.
    .todo = Choose an empty or new folder with --vault.
E-NO-VAULT = no vault is named { $subject }
    .means = Nothing was done.
    .todo = Name it with --vault, in SEALKEEP_VAULT, or as `vault` in the configuration; make one with `sealkeep vault init`.
E-VAULT-MISSING = there is no vault at { $subject }
    .means = Nothing was done.
    .todo = Name it with --vault, or make one with `sealkeep vault init`. If the storage is not mounted, mount it first.
E-NOT-A-VAULT = { $subject } is not a vault
    .means = The file that says what the vault is does not lie there.
    .todo = Name the right folder with --vault.
E-VAULT-DAMAGED = the vault { $subject } is damaged
    .means = Something in it is missing, or is not what was written.
    .todo = `sealkeep vault check --read-data` names everything that is wrong, and what it concerns. Keep the copies as they are until then.
E-VAULT-BUSY = the vault { $subject } is in use
    .means = Removing anything waits until nobody else works on the vault, and everybody waits for it.
    .todo = Try again later, or wait longer with --wait.
E-RESTORE-DAMAGED = { $subject } cannot be restored: what it needs is missing or damaged
    .means = Everything else was restored. The key is there; what lies in the vault is not what was stored.
    .todo = Heal the vault with `sealkeep copy repair vault --from COPY`, or restore from a copy with --vault.
E-VAULT-COPY-DAMAGED = the copy { $subject } is not whole
    .means = Files in it are missing or are not what the vault signed; each is named above.
    .todo = Heal it with `sealkeep copy repair`, from another copy or from the vault. If it rots again, replace the medium.
E-VAULT-OLD = the copy { $subject } knows a state that this vault does not know
    .means = The vault was put back to an earlier state, or was made anew. The copy was not changed: it may hold what the vault has lost.
    .todo = Find out which of the two is right. To go on with the copy, restore the vault from it.
E-COPY-EMPTY = { $subject } should hold a copy, and holds none
    .means = Most likely nothing is mounted there. Nothing was written.
    .todo = Mount it. If the copy is really gone, make it anew with --anew.
E-COPY-INSIDE = a copy cannot lie at { $subject }
    .means = It would lie in the vault, or the vault in it: whatever happens to one happens to the other.
    .todo = Choose a folder on another device, best in another building.
E-OTHER-VAULT = { $subject } is of another vault
    .means = Its fingerprint is not the one that was expected. It was left untouched.
    .todo = Name another folder, or the right vault with --vault. If this should be the copy, compare the fingerprint with the one that `vault init` gave.
E-NOT-KEPT = { $subject } does not keep what is written to it
    .means = What was written came back different. The medium or its controller is faulty.
    .todo = Replace the medium, and check everything on it.
E-MEDIUM-UNKNOWN = no copy or medium '{ $subject }' is registered
    .means = Nothing was done.
    .todo = List them with `sealkeep media list --all`.
E-MEDIUM-KNOWN = a copy at { $subject } is registered already
    .means = Nothing was changed.
    .todo = See it with `sealkeep copy list`.
E-NOT-IN-SNAPSHOT = { $subject } is not in the snapshot
    .means = There is no such path in it. The name of a destroyed object is known to nobody.
    .todo = Look with `sealkeep ls` or `sealkeep find`; paths are absolute, as they were backed up.
E-NOT-A-FILE = { $subject } is not a file in the snapshot
    .means = Only files have a content that could be written out.
    .todo = Restore folders, links and devices with `sealkeep restore`.
E-RESTORE-EXISTS = there is something in the place of { $subject } already
    .means = It was left untouched.
    .todo = Restore into another folder, or say with --existing whether files are kept, updated or replaced.
E-DRILL-FAILED = the drill of { $subject } failed
    .means = Some of the sample did not come back as it was backed up. After a loss today, it would be missing.
    .todo = See the causes above. Check with `sealkeep vault check --read-data` or `copy check`, heal, and repeat the drill.
E-OBJECT-DESTROYED = { $subject } is there again though it was destroyed
    .means = It was not backed up: what was destroyed does not come back unnoticed.
    .todo = Find out who put it there. If it is to be kept, back up with --renew-destroyed: it then gets a new key.
E-BACKUP-OWN = { $subject } belongs to the vault or the key store
    .means = It was not backed up: keys in a backup could not be destroyed any more, and a vault in itself would never end.
    .todo = Name other sources. Copy the key store with `sealkeep keystore copy`, the vault with `sealkeep copy`.
E-KEY-UNKNOWN = the key { $subject } is not of this key store
    .means = It was never made here: the file belongs to another key store.
    .todo = Name the right key store with --keystore.
E-KEY-DESTROYED = the key of { $subject } was destroyed
    .means = Its key is gone from the key store, so neither this file nor any copy of it can be opened with it.
    .todo = The key store cannot bring it back. `sealkeep key show` tells when and under which certificate.
E-KEY-HELD = the key of { $subject } is on hold
    .means = Nobody may open it while the hold lasts; storing and checking go on.
    .todo = Ask those who set the hold.
E-KEY-LOST = the key of { $subject } is lost
    .means = It was made here, but the key store was later restored from a copy that did not have it.
    .todo = Look for a newer copy of the key store; if there is none, the file cannot be opened.
E-KEY-UNUSABLE = the key of { $subject } is not usable now
    .means = It is suspended, compromised, deactivated or waiting for destruction.
    .todo = See its state with `sealkeep key show`; a suspended key returns with `sealkeep key resume`.
E-ENTRY-UNKNOWN = the ledger has no entry { $subject }
    .means = Entries are numbered from 0, in the order in which things happened.
    .todo = List them with `sealkeep ledger log`.
E-LEDGER = the ledger of the key store at { $subject } is not what it was
    .means = Entries were changed, removed or put back, or the checkpoint is of another key store.
    .todo = Copy the key store's directory aside and let an auditor look at it. Compare with the copies of the key store.
E-UNRECORDED = it could not be recorded, so it was not done { $subject }
    .means = No key is handed out whose use does not stand in the ledger.
    .todo = Make the key store writable again: look at the disk and at permissions, as the detail says.
E-ALARM = an alarm was raised: { $subject }
    .means = Many keys were opened within an hour, or one that is to be destroyed was asked for. It stands in the ledger.
    .todo = If it was you, and right, nothing. Otherwise tell those who are responsible for security; see `sealkeep ledger log --class alarm`.
E-HANGUP = stopped: the terminal is gone
    .means = Files reported as done are done; nothing is left half-done.
    .todo = Run the command again.
E-INTERRUPTED = stopped by Ctrl-C
    .means = Files reported as done are done; nothing is left half-done.
    .todo = Run the command again.
E-PIPE-CLOSED = the reader went away
    .means = The program that read our output ended early.
    .todo = Look at that program.
E-TERMINATED = stopped on request
    .means = Files reported as done are done; nothing is left half-done.
    .todo = Run the command again.

## Small words

yes = yes
no = no
partial-counts = { $done } done, { $failed } failed
note-hardening = Protection of this process: { $state }
note-levels = Implementations of the ciphers on this processor: { $levels }

## Warnings

warn-shared-device = { $data } and the key store { $keys } lie on one device. Whoever takes or loses that device has both. Put the key store on other storage.
warn-length = { $path } has a length that no content gives: it was cut or extended.

warn-finished = A destruction that had been begun and interrupted is finished now: { $count } keys or scopes.
warn-unsettled = What a crash left in the root cell cannot be erased: { $reason }. Keys can be listed; nothing opens and nothing can be changed until the medium can be written again.
warn-copy-requests = what is kept of destruction requests is not up to date in the copy {$path}: {$reason}. The next `destroy` command, or `keystore copy sync`, brings it.
warn-copy-behind = The copy of the key store at { $path } was not brought up to date: { $reason }
warn-unanchored = unanchored: everything in the certificate fits together, but nobody said whose key store it is. Compare the genesis digest { $genesis } with what the organisation told you in another way, or give it with --trust.
warn-uncopied = { $count ->
        [one] A new key exists
       *[other] { $count } new keys exist
    } only in one key store. Add a copy with `sealkeep keystore copy add`.

warn-snapshot = The snapshot { $name } cannot be read: { $reason }
warn-own = { $path } is left out: it is the vault, the key store or its root cell. Keys kept with the data protect nothing; the key store has copies of its own.
warn-changed-while-read = { $path } changed each time while it was read; what was kept may mix two states.
warn-attributes = The attribute { $name } of { $path } could not be read: { $reason }
warn-not-restored = { $what } could not be restored: { $path } and in all { $count } objects. Cause: { $reason }
warn-no-vault-copy = The vault has no copy. Losing it means losing all backups. Add one with `sealkeep copy add DIR`.
warn-copy-device = { $place } lies on the device of the vault: it is lost together with it.
warn-not-noted = That it was checked is not noted in the register: { $reason }
warn-class = Line { $line } of the rules: the retention policy has no class '{ $class }'. What has it never becomes due.
warn-class-objects = { $count } objects have the class '{ $class }', which the retention policy does not know; they never become due.
warn-no-date = { $path } has no date where its rule expects one: its period begins with the first backup.
warn-policy-review = The retention policy { $version } should have been reviewed by { $date }.

## Results: init, inspect, keys, manual pages

init-done = Made a key store at { $dir } ({ $suite }, id { $id }).
init-share = Recovery share: { $path }
init-no-shares = No recovery shares were made. If what opens the store is lost, so is all data. `sealkeep keystore passwd --shares 3/5 --kit DIR` makes some.
init-next = Next: `sealkeep keystore copy add DIR` on other storage. Without a copy, losing this store means losing all data.
kit-page =
    Sealkeep recovery share { $index } of { $total }
    Key store { $store }

    Any { $threshold } of the { $total } shares together open this key store. Fewer tell nothing.
    Print this page, give it to its keeper, and delete the file.
    To use it, type the line below into a file: `sealkeep keystore recover FILE FILE …`
inspect-file =
    { $path }
    { "  " }suite: { $suite }
    { "  " }key: { $id }
    { "  " }size: { $sealed } bytes sealed, { $content } bytes of content
key-shown =
    { $id }
    { "  " }scope: { $scope }
    { "  " }state: { $state }
    { "  " }on hold: { $held }
    { "  " }in a copy of the key store: { $copied }
    { "  " }suite: { $suite }
    { "  " }made: { $created }
    { "  " }changed: { $changed }
    { "  " }label: { $label }
key-gone =
    { "  " }destroyed: { $when }
    { "  " }certificate: { $certificate }
key-changed = { $count ->
        [one] One key is now { $state }.
       *[other] { $count } keys are now { $state }.
    }
key-level = Scope { $scope } is of level { $level }.
key-rotated = Rotated { $scopes } scopes, { $pages } pages of keys. Sealed files stay as they are.
man-written = Wrote { $count } manual pages.

## The tour

tour-init = A key store, and a recovery kit for three people
tour-init-notice = The store is opened by a key file here; `init` alone asks for a passphrase. Any two of the three shares open it too.
tour-copy = A live copy of the key store, as if in another building
tour-copy-notice = From now on, `seal` reports success only when the copy has the new keys too.
tour-seal = Sealing a folder
tour-seal-notice = Each file has a key of its own, which lies in the key store only. The originals were only read. (The warning is right: in this tour, keys and data share a disk.)
tour-sm4 = The same with SM4, and with names hidden
tour-sm4-notice = Not even names and folders show: the sealed files are named after their keys. Inside, everything is SM4 and SM3.
tour-inspect = What a stranger sees
tour-inspect-notice = Suite, size, an opaque key id. No name, no date, no key.
tour-open = Checking, opening, comparing
tour-same = { $files } files, { $bytes } bytes: every byte is the same.
tour-pipe = Pipes and parts of files
tour-pipe-notice = What comes out is verified before it comes out; for a part, the end of the file is verified first.
tour-damage = One changed bit
tour-damage-notice = Refused, and nothing appears under the name bad.out.
tour-wipe = The opened copies are overwritten
tour-wipe-survey-notice = First it is said what an overwrite can achieve here; nothing was changed. On flash, on virtual disks and on copy-on-write file systems it is less than people think.
tour-wipe-notice = Overwritten, read back past the cache, and named no better than it was. wipe.json is the report for the files. What was sealed needs no wiping: its key can be destroyed.
tour-keys = Keys have states
tour-keys-notice = A suspended key opens nothing; rotation replaces the keys above the data keys and leaves sealed files as they are.
tour-vault = A vault for nightly backups, and rules that say which file belongs to whom
tour-vault-notice = Each file and folder has a key of its own, in the scope of its patient: it can be destroyed in every snapshot and every copy at once. Write the fingerprint down.
tour-backup = Nothing new; then something changed
tour-backup-notice = What did not change is not read, and not stored again. Every snapshot is whole: the note is there as it was, too.
tour-vault-copy = A copy in another building, checked, and restored from to see that it can be
tour-vault-copy-notice = A copy is checked without any key, by whoever has it before them. The drill restored a sample from it through the key store; status is what to look at each day, and ends with 42 when something is overdue.
tour-vault-loss = The vault is lost
tour-vault-loss-notice = A copy is a vault: everything was restored straight from it.
tour-officers = Officers and a policy: the ceremony
tour-officers-notice = Each officer's key is the officer's own file, which openssl reads. Two with authority founded the register together; from now on nobody destroys anything alone. (The waiting period of seven days is two seconds in this tour.)
tour-request = A request over a frozen list, and two approvals
tour-request-refused = Consent is withdrawn for everything, but inpatient records must be kept for thirty years, whatever the reason: that is said before anybody signs. What was given to a trial has no such period.
tour-request-notice = The applicant could not approve; the third officer signed on another machine, over a packet. What they signed is the digest of the list, which names nobody.
tour-execute = Waiting, an alarm, and the execution
tour-execute-notice = Whoever tried to use the data during the wait was refused, heard, and the request paused. Then the keys died, in the vault and in every copy of it at once.
tour-prove = Witnesses, inspection, certificate
tour-prove-notice = The certificate holds everything that an auditor needs, offline; docs/guide/auditing.md does the same checks with other programs. Everybody else's data is still there.
tour-loss = The key store is lost
tour-loss-notice = Everything came back from the copy. Without a copy, all sealed data would be gone: that is what makes destruction possible, and copies necessary.
tour-shares = Whoever opened the store is gone
tour-shares-notice = Two of three shares opened the store; one alone told nothing. The lost key file opens nothing any more.
tour-exit = exit code { $code }
tour-kept = Everything is in { $dir }.
tour-removed = That was the tour. { $dir } is removed; `sealkeep tour --keep DIR` leaves everything to look at.

## Results: the key store

status-peek =
    Key store { $dir }
    { "  " }id: { $id }, suite { $suite }
    { "  " }incarnation: { $incarnation }, epoch: { $epoch }
    { "  " }opened by: { $custodies }
    { "  " }root cell on: { $filesystem } (overwriting is { $overwrite })
status-locked = More is shown when it is unlocked (--passphrase-file, --key-file).
status-unlocked =
    { "  " }made: { $created }
    { "  " }scopes: { $scopes }, tombstones: { $tombstones }, restores: { $restores }
    { "  " }copies: { $copies }
check-counts = Read { $pages } pages: { $scopes } scopes, { $keys } keys, { $destroyed } tombstones.
check-problem = Found: { $problem }
check-good = All is well.
drill-good = Shares { $given } are genuine and enough ({ $threshold } of { $total } are needed). Nothing was opened.
custody-now = The key store is now opened by: { $custodies }.
copy-current = up to date
copy-behind = behind
copy-live = live
copy-manual = manual
copy-added = The key store now has a copy at { $dir }. It is up to date.
copy-synced = { $dir } is up to date ({ $bytes } bytes written).
copy-checked = { $dir } was read whole; it is { $behind } commits behind.
copy-removed = { $dir } is no longer a copy of this key store.
restore-done = Restored { $dir } from { $from }: { $pages } pages, incarnation { $incarnation }, { $again } destructions carried out again.
warn-no-copy = The key store has no copy. Losing it means losing all sealed data. Add one with `sealkeep keystore copy add DIR`.
warn-residual = The root cell { $path } lies on { $kind }, where overwriting does not erase. After a destruction its old content counts as still there.
warn-cell-left = The root cell of the copy at { $dir } could not be erased: { $reason }. What it holds does not open later states.
warn-lost = { $commits } later commits were known and are not in this copy. Keys made in them are lost.
warn-spared = { $scopes } scopes were destroyed as a whole elsewhere, but hold keys here that were made since and stand on no approved list. These keys still open; the others were destroyed. Request their destruction if they are to go too.

## Results: certificates

certificate-check-file = the file is written as a certificate is
certificate-check-payload = it has the members of a certificate, and no others
certificate-check-signature = signed by the key store
certificate-check-checkpoint = the checkpoint of the ledger is the key store's
certificate-check-entries = every entry is in the ledger of the checkpoint
certificate-check-proof = the proof of the last entry holds
certificate-check-cosigned = checkpoints that witnesses signed are of the same ledger
certificate-check-statements = the rules accept every statement, in its order
certificate-check-store = officers and policy begin with the genesis statement and the key of this store
certificate-check-request = the request is done
certificate-check-inventory = the list is the one that was approved
certificate-check-execution = the record of execution is the key store's, and of this list
certificate-check-wipe-reports = the wipe reports are those of the execution
certificate-check-inspection = the report of inspection is the one that was signed
certificate-check-claims = the claims are what follows
certificate-check-residual = what may be left is what follows
certificate-check-trust = the genesis statement is the one you trust
certificate-passed = good: { $what }
certificate-failed = BAD:  { $what } ({ $why })
certificate-not-done = not checked: { $what }
certificate-anchored = The certificate holds, and is anchored in the genesis statement that you gave. Digest { $digest }.
certificate-unanchored = The certificate holds, unanchored. Digest { $digest }.
certificate-head = Certificate of destruction { $number }, digest { $digest }
certificate-what = Of { $owner }, { $department }: { $items } items, root { $root }. Reason: { $reason }
certificate-when = Destroyed from { $started } to { $ended }.
certificate-act = { $time } { $kind }: { $name } ({ $person }) { $opinion }
certificate-act-void = { $time } { $kind } (does not count): { $name } ({ $person }) { $opinion }
certificate-claim = { $claim }: { $grade }. { $text } [{ $assumes }]
certificate-residual = May be left: { $what } { $place } ({ $why }), until { $until }
certificate-not-covered = Not covered: { $text }
certificate-written = { $path }

## Results: the vault

vault-init-done =
    Made a vault at { $dir }
    { "  " }id: { $id }, suite { $suite }
    { "  " }fingerprint: { $fingerprint }
    Write the fingerprint down: every report and every copy of this vault repeats it.
vault-check-counts = Snapshots { $snapshots }, objects { $objects } (destroyed { $destroyed }, on hold { $held }), packs { $packs } with { $bytes } bytes, of which { $read } were read.
vault-check-unused = { $count } packs belong to no snapshot: to a backup that is running, or one that did not come to its end.
vault-check-good = All is well.
backup-done = Snapshot { $id }
backup-dry-run = Nothing was stored.
backup-total = { "  " }in all: objects { $objects }, files { $files }, bytes { $bytes }
backup-new = { "  " }new: objects { $objects }, files { $files }, bytes { $bytes }
backup-changed = { "  " }changed: objects { $objects }, files { $files }, bytes { $bytes }
backup-unchanged = { "  " }unchanged: objects { $objects }, files { $files }, bytes { $bytes }
backup-reclassified = { "  " }classified anew: objects { $count }
backup-written = { "  " }stored: chunks { $chunks }, bytes { $bytes }; chunks that were there already { $shared }
snapshots-none = There are no such snapshots.
snapshot-size = { $files } files, { $bytes } bytes
snapshot-failed = { $count } not read
snapshot-unfinished = unfinished
forget-keep = { "  " }keep    { $snapshot }  ({ $reasons })
forget-forget = { "  " }forget  { $snapshot }
forget-done = Forgotten: { $count }; kept: { $kept }. Space is given back by the next prune.
forget-plan = Would be forgotten: { $count }; kept: { $kept }. Nothing was changed.
forget-reason =
    .no-policy = no rule
    .newest = newest
    .unfinished = unfinished, goes on
    .last = last
    .hourly = hourly
    .daily = daily
    .weekly = weekly
    .monthly = monthly
    .yearly = yearly
    .within = within
    .tag = tag
    .other = other
objects-closed = { $count } objects cannot be looked at: their keys were destroyed, or do not open.
find-done = Found { $count } objects in { $snapshots } snapshots.
diff-done = Added { $added }, removed { $removed }, changed { $changed }, only attributes { $metadata }.
restore-destroyed = destroyed: { $key }  { $path }  { $when }  request { $certificate }
restored = Restored snapshot { $id } into { $output }: files { $files }, folders { $directories }, others { $others }, bytes { $bytes }; left as they were { $kept }; destroyed { $destroyed }.
restore-plan = Would restore snapshot { $id } into { $output }: files { $files }, folders { $directories }, others { $others }, bytes { $bytes }; left as they are { $kept }; destroyed { $destroyed }. Nothing was written.
prune-done = Freed { $freed } bytes: packs removed { $removed }, written anew { $rewritten }, left { $kept }. Needed { $needed } bytes, unused { $unused }; destroyed objects { $destroyed }.
prune-plan = Would free { $freed } bytes: packs removed { $removed }, written anew { $rewritten }, left { $kept }. Needed { $needed } bytes, unused { $unused }; destroyed objects { $destroyed }. Nothing was changed.
vault-rebuilt = Rebuilt from { $packs } packs. Snapshots that are there again: { $snapshots }; that lack something: { $incomplete }.
vault-rebuilt-file = The file that says what the vault is was made anew, too.
drill-done = Drill of { $copy }: of { $objects } objects { $chosen } were tried; files restored and compared { $files } with { $bytes } bytes, others { $others }, destroyed and failed as they must { $destroyed }; { $seconds } s. The next is due on { $next }.
drill-record = Signed report: { $path }
vault-copy-added = Registered { $place } as copy { $id }.
vault-copy-removed = { $place } ({ $id }) was never a copy; it is no longer registered.
vault-copy-out = { $place } ({ $id }) is now { $state }.
vault-copy-synced = { $place } ({ $id }) is up to date, head { $head }: files brought { $brought } with { $bytes } bytes, there already { $present }, removed { $removed }.
vault-copy-left = { $count } files could not be removed, the first is { $first }.
vault-copy-foreign = { $count } files there are not of a vault, the first is { $first }.
vault-copy-checked = { $place } was read whole: files { $files }, bytes { $bytes }, head { $head }, fingerprint { $fingerprint }
vault-copy-missing = { "  " }missing: { $name }
vault-copy-rotten = { "  " }wrong: { $name } ({ $part }, offset { $offset }, length { $length })
vault-copy-stray = { "  " }not needed: { $name }
vault-copy-not-noted = That it was checked is not noted in the register: nothing opens the key store unasked (--key-file, --passphrase-file).
vault-copy-healed = { "  " }healed: { $name }
vault-copy-unhealed = { "  " }not healed: { $name }
vault-copy-repaired = { $place }: healed { $healed }, not healed { $unhealed }.
vault-copy-dry-run = Dry run: nothing is changed. This would be done:
media-added = Registered medium { $id }.
media-none = No copies or media are registered.
media-due = To be looked after: { $count }.
media-audited = Noted for { $count } media.
media-copy =
    { $id }  copy, { $kind }  { $place }  { $state }
    { "  " }synced { $sync }, checked { $check }, audited { $audit }; overdue: { $overdue }
    { "  " }serial { $serial }, location { $location }, custodian { $custodian }
media-medium =
    { $id }  { $kind }  { $place }  { $state }
    { "  " }audited { $audit }; overdue: { $overdue }
    { "  " }serial { $serial }, location { $location }, custodian { $custodian }
media-state =
    .in-use = in use
    .retired = retired
    .destroyed = destroyed
    .lost = lost
    .other = other
media-what =
    .sync = sync
    .check = check
    .repair = repair
    .audit = audit
    .search = search for it
    .other = other
retention-due = { $last }  { $path }  ({ $class }; { $action }; { $key })
retention-counts = Due on { $date }: { $due } of { $objects } objects, by the policy { $version }. Without a class { $unclassified }, on hold { $held }, destroyed { $destroyed }.
retention-policy = Retention policy { $version }, reviewed { $reviewed }, to be reviewed by { $by }
retention-class =
    { $name }: { $title }
    { "  " }at least { $period } from: { $start }; then: { $action }; from level: { $level }
    { "  " }basis: { $basis }
retention-years = { $count ->
        [one] 1 year
       *[other] { $count } years
    }
retention-months = { $count ->
        [one] 1 month
       *[other] { $count } months
    }
retention-action =
    .propose = propose destruction
    .seal = keep sealed
    .hold = a person decides
rules-line = line { $line }, { $pattern }
rules-none = none
rules-explained =
    { $path }
    { "  " }rule: { $rule }
    { "  " }scope: { $scope }
    { "  " }level: { $level }, class: { $class }, to be kept until: { $until }
    { "  " }subjects: { $subjects }
    { "  " }residency: { $residency }
status-vault =
    Vault { $dir }
    { "  " }id: { $id }, suite { $suite }
    { "  " }fingerprint: { $fingerprint }
status-overdue = OVERDUE
status-in-time = in time
status-backup = newest snapshot of { $host } { $sources }: { $when }, { $hours } hours ago; { $count } in all
status-no-backup = there is no finished snapshot
status-copy = copy { $id } { $place }: synced { $when }
status-no-copy = the vault has no copy
status-due = { $id } { $place }: { $what }, since { $since }
status-drill = last drill: { $when }
status-drill-failed = last drill: { $when }, it failed
status-no-drill = there never was a drill
status-key-copy = copy of the key store { $dir }: { $when }
status-no-key-copy = the key store has no copy
status-policy = the retention policy { $version } should have been reviewed by { $date }
status-hold = hold { $hold } ({ $basis }): its review was due { $review }
status-justify = broken glass { $grant } by { $by }: its explanation was due { $due }
status-summary = { $count ->
        [0] Nothing is overdue.
        [one] One thing is overdue.
       *[other] { $count } things are overdue.
    }

## Results: seal, open, check

item = { $input } → { $output } ({ $key })
seal-done = Sealed: files { $files }, folders { $directories }, links { $symlinks }, bytes { $bytes }.
seal-plan = Would seal: objects { $count }, bytes { $bytes }. Nothing was sealed.
stream-sealed = Sealed { $bytes } bytes under key { $key }.
open-done = Opened and verified: files { $files }, folders { $directories }, links { $symlinks }, bytes { $bytes }.
stream-opened = Opened { $path }: { $bytes } bytes, all verified.
check-done = Checked and good: files { $files }, folders { $directories }, links { $symlinks }, bytes { $bytes }.
stream-checked = Checked { $bytes } bytes, all good.
warn-skipped-special = { $path } was left out: devices, pipes and sockets hold nothing to seal.
warn-skipped-not-sealed = { $path } was left out: it is not a sealed file.
warn-existing = { $count ->
        [one] One output exists
       *[other] { $count } outputs exist
    } already; left as found.
warn-hard-links = { $count } files have several names; each name was sealed as a file of its own.
warn-moved = { $sealed } lay under another name than the one inside; it was opened as { $path }.
warn-special-bits = The setuid or setgid bit of { $path } was not restored.

## Results: seal --retire

retire-plan = To be sealed, proved and then wiped: objects { $count }, bytes { $bytes }.
retire-confirm = Sources whose sealed files are proved will be wiped; that cannot be undone. Type "{ $word }" to go on:
retire-proven = Proved, by opening and comparing: files { $files }, folders { $directories }, links { $symlinks }, bytes { $bytes }.
retire-done = Result: { $result }. Files retired { $files }; kept { $kept }.
retire-result =
    .retired = all retired and verified
    .best-effort = all retired, some with best effort only
    .partial = partly
    .kept = nothing was retired, every source was kept
    .interrupted = interrupted

## Results: wipe

warn-no-journal = There is no place for a journal: a run that is cut off cannot go on. Name one with --journal.
warn-no-report = The report could not be written to { $path }; what was done is told here only.
warn-other-name = A target has another name, { $path }: its content goes for that name too.
warn-other-names = { $count } other names of targets are not shown, or were not found.
warn-unseen-users = Not every process could be asked what it has open, so a file in use may not be known as such. As root, more can.
warn-unfinished-wipe = { $count ->
        [one] An earlier run was
       *[other] { $count } earlier runs were
    } cut off or is still going on; `sealkeep wipe --resume` goes on with it.
warn-untested = Having drives erase themselves was not tested on hardware. Once begun it cannot be stopped: if this run ends, the drive goes on by itself. Do not cut its power.
warn-disk-full = At the end the file system is full for a moment: other programs cannot write there then. Files have no names while it is filled, so that the space is free again however this run ends.
wipe-resuming = Going on with { $path }.
wipe-confirm = This cannot be undone. Type "{ $word }" to go on:
wipe-class = { $count } × { $kind }, { $bytes } bytes, on { $place }
wipe-class-names = { $count } × { $kind } on { $place }: names are removed
wipe-class-refused = { "  " }→ not touched
wipe-claim = { "  " }claim: { $text }
wipe-found = { "  " }- { $effect }: { $text }
wipe-passes = Passes ({ $count }): { $passes }
wipe-sanitize = The drive is told: { $text }. Markers are written before; none may be left afterwards.
wipe-technique =
    .block-erase = erase all blocks
    .crypto-erase = exchange the key by which everything on it is encrypted
    .overwrite = overwrite everything with zeros, once
wipe-row = { $verdict }: { $path }
wipe-pass-done = Pass { $number }, { $pattern }: { $bytes } bytes at { $speed } MB/s; read back { $read } bytes at { $readspeed } MB/s
wipe-journal-emptied = The journal of { $place } was emptied: no content or names are left in it.
wipe-journal-stays = The journal of { $place } could not be emptied.
wipe-residual = May be left: { $text }
wipe-done = Result: { $result }. Verified { $verified }, best effort { $effort }, not or not wholly wiped { $short }, not touched { $refused }; names removed { $names }, bytes { $bytes }.
wipe-reach =
    .in-place = in place: the overwrite lands on the blocks that hold the content
    .best-effort = best effort: what is beneath decides whether old blocks are reached
    .impossible = impossible: an overwrite does not reach what lies there
wipe-effect =
    .note = note
    .best-effort = lowers the claim
    .impossible = out of reach
    .refuse = refused
wipe-kind =
    .file = file
    .directory = folder
    .symlink = symbolic link
    .special = special file
    .device = block device
    .free-space = free space
wipe-verdict =
    .verified = verified
    .removed = name removed
    .best-effort = best effort
    .not-in-place = not in place
    .failed = failed
    .unfinished = not finished
    .refused = not touched
wipe-result =
    .verified = verified
    .best-effort = best effort
    .partial = partial
    .refused = refused
    .interrupted = interrupted
wipe-finding =
    .earlier-versions = earlier versions of the file, from before it was saved anew or cut, may lie in free space; `wipe --free-space` reaches them
    .name-in-journal = the name, times and size may stay in the metadata or the log of the file system, or in a large folder that stays
    .data-journal = content goes through the journal of the file system, and lies there too
    .inline = the content is so short that it stands among metadata
    .sparse = the file has holes; they hold nothing and are left out
    .unwritten = room was allocated that this file never wrote to; it is overwritten too
    .attributes = extended attributes or access control lists; they are removed, and what they held may stay in metadata and free space
    .memory = the content lies in memory and is gone without power
    .swap = memory may have been written to swap, out of reach
    .encrypted-device = the device is encrypted by the system; destroying its key is the stronger way
    .raid = several disks hold it; a member that was taken out keeps what it had
    .flash = flash memory writes elsewhere and keeps old blocks for a while; only the device itself can erase them
    .virtual-disk = the disk is made by a hypervisor or controller; where it puts an overwrite cannot be seen from here
    .unknown-medium = nothing tells what kind of medium this is
    .thin = thinly provisioned: the storage may put an overwrite elsewhere and keep old blocks
    .cache = a cache or journal lies between, and may hold content too
    .zoned = zoned or shingled: overwriting lands elsewhere
    .network-device = the device is on another machine
    .network = the file system is on another machine; what it does cannot be seen from here
    .unknown-file-system = how this file system writes is not known
    .no-extents = the file system does not tell where a file lies
    .unknown-extents = where parts of the file lie is not known
    .copy-on-write = the file system writes changes elsewhere; the old blocks are freed, and offered for discarding where the device takes that; snapshots keep them
    .compressed = content is compressed or encoded by the file system
    .shared = other files or snapshots hold the same blocks
    .snapshot = a snapshot of the volume keeps the old blocks
    .lower-copy = a layer below the overlay holds a copy
    .hard-links = the file has other names, as many in all as given here
    .in-use = other programs have it open
    .mounted = it is mounted or used for swap
    .partitions = it has partitions
    .swap-file = the system swaps to it
    .immutable = it is marked as not to be changed (chattr)
    .read-only = file system or device takes no writes
    .reserved-blocks = free blocks that the file system keeps for itself or for the administrator are not reached
    .quota = a quota ended before the free space did; the rest was not reached
    .untested = the drive is to erase itself; this was not tested on hardware, and only markers and the word of the drive tell that it did
    .outside-free-space = not reached: the rest of other files' last blocks, directories, free inodes and other metadata
wipe-methods-legend =
    { "" }
    Bytes are in hexadecimal digits and repeated over the whole target. c: one random byte, chosen for each run; ~c: its complement; c_2, c_3: further ones. random: a fresh random stream. ×: so many times.
    "read-back demanded": the text behind the name demands that the last pass is read back and compared. It can be done after any method.
    A name tells where a list comes from. To have run it is no claim to meet a standard.
wipe-method-read-back = (read-back demanded)
wipe-method-custom = (custom)
wipe-caveat = { "    " }{ $text }
    .logical = logical-N, for every N from 3 to 99: N passes, 00 and FF in turn.
    .nist-clear = The single pass known from SP 800-88 for "Clear"; whether it is read back is a matter of policy. Overwriting a file is Clear at most, and on flash it does not reach spare cells.
    .gat1143-3 = The three-pass method of GA/T 1143-2014, which is about magnetic media only: a fixed character, its complement, random data.
    .gat1143-7 = The seven-pass method of GA/T 1143-2014, which is about magnetic media only. Passes 1 to 4 are as its text says; passes 5 to 7 were not checked against it. Not the same as dod-5220.22-m-ece.
    .bmb21 = Other tools use this name. The text of the Chinese state-secrecy standard BMB21 is not public: to have run this list is never evidence of meeting it, and it is not meant for carriers of state secrets.
    .dod-5220-22-m = Entry (d), rigid disks, of the matrix in the NISPOM supplement of 1995: a character, its complement, a random character, and verify. The third pass is run as random data, as other tools do. Tools disagree on this name. Since June 2007 overwriting is no longer accepted there as sanitization of magnetic media.
    .dod-5220-22-m-e = Entry (e) of the same matrix, meant for magnetic core memory; tools call it "DoD (E)", three passes. Its text does not demand a read-back.
    .dod-5220-22-m-ece = What tools call "DoD, seven passes". The DoD manual has no such method; it is a list of tools: (E), one character, (E).
    .nnsa-nap-14-1-c = After NAP-14.1-C of the U.S. nuclear security administration: random twice, then a fixed byte, and verify.
    .ar-380-19 = After the text of U.S. Army Regulation 380-19: a random character, then a specified character and its complement. Tools disagree: some write 00, FF, random, others FF, 00, random.
    .navso-p-5239-26-mfm = NAVSO P-5239-26 for MFM drives. Its text gives the word bit by bit, lowest first, which can be read both ways. The word used here is FFFFFFFD, highest byte first; read the other way it would be BFFFFFFF.
    .navso-p-5239-26-rll = NAVSO P-5239-26 for RLL drives. Its text gives the word bit by bit, lowest first, which can be read both ways. The word used here is FFFFFFE4, highest byte first; vendors read it as 27FFFFFF.
    .hmg-is5-baseline = HMG Infosec Standard 5 (United Kingdom), baseline: zeros once, and verify.
    .hmg-is5-enhanced = HMG Infosec Standard 5 (United Kingdom), enhanced: zeros, ones, random data; to verify the last pass is mandatory.
    .rcmp-tssit-ops-ii = RCMP TSSIT OPS-II (Canada) as vendors describe it. Tools disagree: nwipe writes characters and their complements instead.
    .csec-itsg-06 = After ITSG-06 of CSEC (Canada): a character, its complement, random data, and verify.
    .vsitr = The list generally known by this name (Germany), not checked against its text. What scrub calls "bsi" is another one, of nine passes.
    .gost-r-50739-95 = Vendors attribute this list to GOST R 50739-95 (Russia). The text of the standard is said to prescribe no such list.
    .schneier = B. Schneier, Applied Cryptography: ones, zeros, then random data five times. Some tools write zeros first.
    .gutmann = P. Gutmann, 1996, in the order printed; some tools shuffle passes 5 to 31. The patterns are for MFM and RLL drives of that time; for modern drives he himself names a few passes of random data.
    .pfitzner = Attributed to R. Pfitzner: nothing but random data, 7 or 33 times.

## Results: the ledger

ledger-checked = { $entries } entries, root { $root }
ledger-contains = It still contains { $count } of the earlier checkpoints.
ledger-verifier = Verifier key: { $key }
ledger-exported = { $count } entries in { $path }

## Officers, policy, statements

usage-more-signers = others have to sign too: write the statement with --output, and have it signed with `sealkeep statement sign`.
usage-one-officer = name exactly one officer in the file.
officer-new = { $path } is written. Public key: { $key }
word-role =
    .authority = authority
    .data-administrator = data-administrator
    .department-head = department-head
    .legal = legal
    .security = security
    .executor = executor
    .witness = witness
    .inspector = inspector
    .auditor = auditor
    .key-administrator = key-administrator
    .operator = operator
word-officer =
    .active = active
    .suspended = suspended
    .leaving = leaving
    .revoked = revoked
word-request =
    .requested = requested
    .waiting = waiting
    .executing = executing
    .executed = executed
    .partial = partial
    .done = done
    .rejected = rejected
    .withdrawn = withdrawn
    .cancelled = cancelled
    .expired = expired
word-trigger =
    .retention-expired = retention-expired
    .service-ended = service-ended
    .purpose-met = purpose-met
    .purpose-impossible = purpose-impossible
    .consent-withdrawn = consent-withdrawn
    .unlawful = unlawful
    .other = other
word-item =
    .object = object
    .sealed = sealed
    .key = key
    .scope = scope
    .file = file
    .device = device
    .medium = medium
officer-shown =
    { $id }
    { "  " }Name: { $name }
    { "  " }Person: { $person }
    { "  " }State: { $state }
    { "  " }Roles: { $roles }
    { "  " }Key: { $key }
    { "  " }Qualification: { $qualification }
    { "  " }Enrolled: { $enrolled } (entry { $entry })
warn-leaver-overdue = { $officer } left more than 72 hours ago and is not revoked
warn-unqualified = the qualification of { $officer } has expired
warn-policy-overdue = the policy is past its review: requests, approvals and executions are refused
statement-accepted = { $kind } is accepted as entry { $entry }: { $digest }
statement-written = { $kind } is written to { $path }
statement-missing = Still to sign: { $officers }
statement-not-sent = This would be said ({ $kind }); nothing was done:
statement-shown = { $kind } { $digest }
policy-error = error: { $problem }
policy-weak = weak: { $problem }
policy-problem-too-long = the policy is longer than 16,384 bytes
policy-problem-syntax = { $message }
policy-problem-title = a title is one line of 1 to 200 bytes
policy-problem-day = a day is written as 2026-01-31
policy-problem-review = the review is after the beginning, and within ten years
policy-problem-late-review = the review is more than a year after the beginning
policy-problem-bounds = must be between { $least } and { $most }
policy-problem-no-role = no role is named
policy-problem-role-twice = the role { $role } stands twice
policy-problem-executor-inspects = the executor has the role of the inspector
policy-problem-method = not the name of a method of wiping
policy-problem-never-executed = the wait is not shorter than `approve_within`
policy-problem-no-wait = there is no time in which a destruction could be cancelled
policy-problem-few-approvals = fewer than two approvals after the request
policy-problem-few-witnesses = fewer than two witnesses
policy-problem-no-inspection = no inspection
policy-problem-unqualified = the executor needs no qualification
policy-problem-lone-release = one person alone releases from hold
policy-problem-no-alarm = there is no alarm when many keys are opened
policy-checked = The policy can be put in force; { $count } notes.
policy-level = Level { $level } (section { $section }):
policy-applicant = { "  " }applied for by one of: { $roles }
policy-step = { "  " }step { $step }, approved by one of: { $roles }
policy-wait = { "  " }then a wait of { $wait }, in which it can be cancelled
policy-executor = { "  " }executed by one of: { $roles }
policy-executor-qualified = { "  " }executed by one of: { $roles }, with a qualification that has not expired
policy-witnesses = { "  " }witnesses: { $count }
policy-inspection = { "  " }inspected by somebody else, who finds that nothing opens
policy-wipe = { "  " }usual method of overwriting: { $method }
policy-persons = { "  " }{ $count } different persons in all
refused-entry-order = the ledger is not in order
refused-no-genesis = there are no officers yet
refused-second-genesis = there are officers already
refused-foreign-store = it is for another key store
refused-duplicate = it was accepted before
refused-signed-in-future = it was signed later than the ledger's time
refused-signed-too-long-ago = it was signed too long ago
refused-other-policy = another policy is in force
refused-policy-unreviewed = the policy is past its review
refused-unknown-officer = a signer is not an officer
refused-officer-not-active = a signer is suspended, leaving or revoked
refused-signature-missing = a signature is missing
refused-signature-invalid = a signature does not hold
refused-persons = the number of signers is wrong
refused-role = { $officer } has none of the roles that may do this now: { $roles }
refused-same-person = nobody has two parts in one request
refused-officer-invalid = the officer's roles or key are not allowed
refused-id-used = the id was used before
refused-key-used = the key was enrolled before
refused-person-enrolled = the person is an officer already
refused-replaces = that officer cannot be replaced so
refused-officer-state = the officer's state does not allow it
refused-authority = too few persons would have authority
refused-policy-invalid = the policy has errors
refused-policy-version = the version of the policy does not rise
refused-policy-not-effective = the policy does not apply today
refused-request-invalid = the request contradicts itself
refused-number-used = the number of the request was used before
refused-unknown-request = there is no such request
refused-request-state = the state of the request does not allow it
refused-other-inventory = the inventory is another one
refused-step = another step comes first
refused-not-yours = it is somebody else's to say
refused-held = something in the inventory is on hold
refused-destruction-begun = its destruction has begun: it is too late to hold it
refused-waiting = the waiting period is not over
refused-expired = the request has expired
refused-not-expired = the request has not expired
refused-paused = an attempt to use its keys paused the request
refused-not-paused = the request is not paused, or it was signed before the alarm
refused-clock-in-doubt = the clock was set; two with authority must confirm it
refused-clock-not-in-doubt = the clock is not in doubt, or it was signed before the alarm
refused-unqualified = the executor's qualification is missing or has expired
refused-other-execution = the record of execution is another one
refused-no-order = there is no order to execute
refused-unknown-hold = there is no such hold
refused-released = the hold was released before
refused-targets = nothing is held, or something is named twice
refused-until = the time is past, or too far away
refused-unknown-grant = there is no such grant
refused-justified = it was explained before

## Destruction: officers at work

destroy-found = Request { $number }: { $items } items, { $bytes } bytes, level { $level }
destroy-more = { "  " }… and { $count } more
destroy-copy = { "  " }registered copy: { $place }
destroy-copy-away = { "  " }registered copy, not reached now: { $place }
destroy-residual = { "  " }stays for a while: { $text }
destroy-not-covered = { "  " }not covered: { $text }
destroy-dry-run = Nothing was signed or frozen.
destroy-requested = Request { $number } is in the ledger as { $digest }. Its list is frozen: { $root }
destroy-summary = 
    Request { $number } ({ $digest })
      { $trigger }: { $reason }
      { $items } items, { $bytes } bytes, level { $level }
      list { $root }
destroy-state = { "  " }state: { $state }
destroy-by-applicant = { "  " }applicant { $name } ({ $id }), { $time }
destroy-by-approval = { "  " }approved by { $name } ({ $id }), { $time }
destroy-by-lapsed = { "  " }approved by { $name } ({ $id }), { $time }: counts no longer
destroy-by-executor = { "  " }executed by { $name } ({ $id }), { $time }
destroy-by-witness = { "  " }witnessed by { $name } ({ $id }), { $time }
destroy-by-inspector = { "  " }inspected by { $name } ({ $id }), { $time }: passed
destroy-by-inspector-failed = { "  " }inspected by { $name } ({ $id }), { $time }: NOT passed
destroy-record = { "  " }record of execution { $digest }
destroy-row = { $digest }  { $number }  { $state }  { $items } items
destroy-none = No requests.
destroy-nothing-to-do = Nothing is waiting for you.
task-approve = approve or reject
task-resume = resume
task-execute = execute
task-witness = witness
task-inspect = inspect
task-review-hold = review a hold
task-justify = explain a broken glass
ask-scope = { "What is to be destroyed? A scope, with all below it (empty: none): " }
ask-subject = { "A person, by pseudonym: " }
ask-number = { "Number of the request [" }{ $next }{ "]: " }
ask-trigger = { "What makes it due: " }
ask-reason = { "Reason: " }
ask-basis = { "Law, rule or contract that it rests on (may be empty): " }
ask-department = { "Department (may be empty): " }
ask-task = { "Which of these now (empty: none): " }
ask-approve = { "Do you approve (yes/no): " }
ask-opinion = { "Your opinion (may be empty): " }
destroy-work-hold = Hold { $hold }: its review is due; `sealkeep hold review { $hold }`
destroy-work-justify = Broken glass { $grant }: explain it by { $due }; `sealkeep break-glass justify { $grant }`
destroy-next-approval = { "  " }next: approval { $step } of { $of }, by { $roles }
span-days = { $days } days { $hours } hours
span-hours = { $hours } hours { $minutes } minutes
span-minutes = { $minutes } minutes { $seconds } seconds
destroy-held = it is on hold
destroy-unclassified = nobody can tell how long it must be kept; --unclassified takes it all the same, and the request says so
destroy-pending = it waits for its destruction
destroy-next-wait = { "  " }next: wait { $left }; until then it can be cancelled
destroy-next-resume = { "  " }paused: somebody tried to use its keys. Next: resume or cancel, by { $roles }
destroy-next-execution = { "  " }next: execution, by { $roles }
destroy-next-witness = { "  " }next: { $missing } witnesses
destroy-next-inspection = { "  " }next: inspection
destroy-next-go-on = { "  " }next: `sealkeep destroy execute` again, to go on
destroy-next-certify = { "  " }next: `sealkeep destroy certify`
destroy-scope = { "  " }scope { $scope }: { $items } items, { $bytes } bytes, level { $level }
destroy-shown = { $count } of { $of } items:
destroy-approved = Approved: request { $number } ({ $digest }).
destroy-rejected = Rejected: request { $number } ({ $digest }).
destroy-withdrawn = Withdrawn: request { $number } ({ $digest }). Its keys are what they were.
destroy-cancelled = Cancelled: request { $number } ({ $digest }). Its keys are what they were.
destroy-expired = Expired: request { $number } ({ $digest }). Its keys are what they were.
destroy-resumed = Resumed: request { $number } ({ $digest }).
destroy-witnessed = Witnessed: request { $number } ({ $digest }). The head of the ledger is cosigned.
destroy-cosigned = Witnessed before: request { $number } ({ $digest }). The head of the ledger is cosigned now.
destroy-statement-written = Signed: { $path }. Hand it in with `sealkeep destroy import`.
destroy-exported = Packet: { $path }
destroy-imported = Accepted: { $count } statements.
destroy-going-on = Request { $number } was begun before: going on.
destroy-executed = Destroyed: request { $number }. Record of execution: { $digest }
destroy-would-keys = { "  " }{ $keys } keys and scopes would be destroyed
destroy-would-wipe = { "  " }would be overwritten ({ $method }): { $path }
destroy-would-copy = { "  " }copy of the key store, erased at once: { $dir }
destroy-would-copy-away = { "  " }copy of the key store, NOT REACHED: { $dir }
destroy-would-copy-later = { "  " }copy of the key store, erased by `sealkeep keystore copy sync`: { $dir }
destroy-would-now = Nothing was done. It could be executed now.
destroy-would-not = Nothing was done. It could not be executed now: { $why }
destroy-inspected = Inspected: request { $number }. Nothing of it opens; everything else that was tried does.
destroy-place = { "  " }{ $what } { $place }: { $items } tried, none opens; others that open: { $others }
destroy-place-failed = { "  " }{ $what } { $place }: NOT PASSED: { $items } tried, { $opened } opened; others that open: { $others }
destroy-place-away = { "  " }{ $what } { $place }: not reached; it counts as residual
destroy-place-until = { "  " }at the latest until { $until }
destroy-certified = Certificate: { $path }
destroy-form = Form: { $path }
destroy-genesis = Whoever verifies it needs this from elsewhere: --trust { $genesis }
destroy-confirm-request = { "Type the number of the request to sign it (" }{ $number }{ "): " }
destroy-confirm-sign = { "Type the number of the request to sign (" }{ $number }{ "): " }
destroy-confirm-witness = { "You were present and saw it done? Type the number of the request (" }{ $number }{ "): " }
destroy-confirm-execute = { "This cannot be undone. Type the number of the request to destroy (" }{ $number }{ "): " }
destroy-confirm-inspect = { "Type the number of the request to sign this result (" }{ $number }{ "): " }
warn-must-be-kept = { $name } must be kept: { $why }
warn-weaker-method = { $count } items are to be overwritten in fewer passes than is usual for their level ({ $usual })
warn-no-names = names cannot be shown: they are in the packet only on demand, and on the key store's machine only until the last approval
warn-packet-names = { $path } has names in clear, which outlive the data: destroy it when it has served
warn-clock = the clock was set ({ $since }): nothing is executed until two with authority say that the time is right: `sealkeep statement clock`
warn-leftover = still open: { $what }
warn-leaver = ask { $name } ({ $officer }) for recovery shares, key files, passphrases and media; nobody can tell which they have. Change what opens the key store: `sealkeep keystore passwd`
leftover-request = request { $number } ({ $digest }) that they applied for; it ends with them
leftover-approval = request { $number } ({ $digest }): the step that they approved is open again
leftover-order = request { $number } ({ $digest }) that they ordered to be executed
leftover-hold = hold { $digest } that they placed; its next review is another's
leftover-grant = broken glass { $digest } that they have not explained
leftover-medium = { "  " }medium { $id } ({ $place }), which they keep
hold-placed = On hold: { $hold } ({ $scopes } scopes, { $keys } keys)
hold-reviewed = Hold { $hold } goes on; next review { $review }
hold-release-begun = Signed: { $path }. The others sign it with `sealkeep statement sign`, then it is handed in with `sealkeep statement submit`.
hold-row = { $hold }  { $targets } ids  { $basis }  review { $review }
hold-row-due = { $hold }  { $targets } ids  { $basis }  review was due { $review }
hold-none = No holds.
break-glass-begun = The glass is broken until { $until } ({ $grant }). Hand the justification in by { $due }.
break-glass-justified = Justified: { $grant }
break-glass-row = { $grant }  { $by }  until { $until }  justification due { $due }  { $reason }
break-glass-row-overdue = { $grant }  { $by }  until { $until }  JUSTIFICATION OVERDUE since { $due }  { $reason }
break-glass-row-justified = { $grant }  { $by }  until { $until }  justified (was due { $due })  { $reason }
break-glass-none = The glass was never broken.
