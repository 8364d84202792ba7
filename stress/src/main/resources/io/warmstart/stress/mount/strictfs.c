/*
 * A file system that keeps after a power cut what it must and nothing else for sure. It lives in the
 * memory of this process, which speaks the protocol of /dev/fuse; to whoever uses it it is a mount
 * like any other.
 *
 * What is durable: the bytes and attributes of a file as of its last sync, and the names of a
 * directory as of the last sync of that directory. A change of names is a step in one list until a
 * sync has committed it; a rename is one step. A cut leaves what is durable and any of the other
 * steps, each of which still has its source, in their order; and of a file that was not synced any of
 * its pages, and the old size or the new one. Those are the rules of the engine's simulated file
 * system (JournalledFileOps), but for two things that it grants and this does not: there a sync
 * commits all steps before it too, whatever directory they belong to, and the sync of a file or a
 * directory commits its own name. The option "names" grants the latter for files.
 *
 * Commands come on stdin, one line each, and are answered by one line: "mount"; "cut SEED" and
 * "cut least", after which every call fails until it is unmounted and mounted again, and whose answer
 * says which steps were kept and which were lost; "quit". It unmounts itself when stdin ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define MOST_WRITE (128 << 10)
#define LONGEST_NAME 255

struct inode;

struct bytes {
  char *at;
  uint64_t size;
  uint64_t room;
};

/* What a sync makes durable of a file. */
struct content {
  struct bytes bytes;
  uint32_t mode, uid, gid;
  struct timespec accessed, modified, changed;
};

struct entry {
  char *name;
  struct inode *inode;
};

struct names {
  struct entry *at;
  size_t count, room;
};

struct inode {
  uint64_t number;
  struct content now, durable;
  struct names live, committed; /* of a directory */
  struct inode *parent;
};

/* One change of names: at most one goes and one comes. */
struct step {
  struct inode *gone_from, *come_to, *node;
  char *gone, *come;
  int needs_source;
  int marked;
};

/* What readdir goes through: a directory as it was when it was opened or rewound. */
struct listing {
  struct names names;
  struct inode *directory;
};

static const char *mount_point;
static int sync_commits_names;
static int device = -1;
static int cut;
static int mounted;

/* By number; none is freed, for a disk lives for a few seconds. */
static struct inode **inodes;
static uint64_t inode_count, inode_room;

static struct step *steps;
static size_t step_count, step_room;

static void *must(void *memory) {
  if (memory == NULL) {
    fprintf(stderr, "strictfs: out of memory\n");
    exit(3);
  }
  return memory;
}

/* ---- bytes ---- */

static void resize(struct bytes *bytes, uint64_t size) {
  if (size > bytes->room) {
    uint64_t room = bytes->room * 2 > size ? bytes->room * 2 : size;
    bytes->at = must(realloc(bytes->at, room));
    bytes->room = room;
  }
  if (size > bytes->size) memset(bytes->at + bytes->size, 0, size - bytes->size);
  bytes->size = size;
}

static void copy_bytes(struct bytes *to, const struct bytes *from) {
  resize(to, from->size);
  if (from->size > 0) memcpy(to->at, from->at, from->size);
}

static void copy_content(struct content *to, const struct content *from) {
  struct bytes bytes = to->bytes;
  copy_bytes(&bytes, &from->bytes);
  *to = *from;
  to->bytes = bytes;
}

/* ---- inodes ---- */

/* Later than any before: a directory that has changed can be told by its time. */
static struct timespec now_after(struct timespec before) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec < before.tv_sec
      || (now.tv_sec == before.tv_sec && now.tv_nsec <= before.tv_nsec)) {
    now = before;
    if (++now.tv_nsec == 1000000000) {
      now.tv_nsec = 0;
      now.tv_sec++;
    }
  }
  return now;
}

static struct inode *new_inode(uint32_t mode, uint32_t uid, uint32_t gid) {
  if (inode_count == inode_room) {
    inode_room = inode_room * 2 + 64;
    inodes = must(realloc(inodes, inode_room * sizeof *inodes));
  }
  struct inode *inode = must(calloc(1, sizeof *inode));
  inode->number = FUSE_ROOT_ID + inode_count;
  inodes[inode_count++] = inode;
  inode->now.mode = mode;
  inode->now.uid = uid;
  inode->now.gid = gid;
  struct timespec now = now_after((struct timespec) {0, 0});
  inode->now.accessed = inode->now.modified = inode->now.changed = now;
  inode->durable = inode->now;
  return inode;
}

static struct inode *inode_of(uint64_t number) {
  uint64_t index = number - FUSE_ROOT_ID;
  return index < inode_count ? inodes[index] : NULL;
}

static int is_directory(const struct inode *inode) { return S_ISDIR(inode->now.mode); }

static void changed(struct inode *inode) { inode->now.changed = now_after(inode->now.changed); }

static void modified(struct inode *inode) {
  inode->now.modified = inode->now.changed = now_after(inode->now.modified);
}

/* ---- names ---- */

static struct inode *find(const struct names *names, const char *name) {
  for (size_t i = 0; i < names->count; i++) {
    if (strcmp(names->at[i].name, name) == 0) return names->at[i].inode;
  }
  return NULL;
}

static void put(struct names *names, const char *name, struct inode *inode) {
  for (size_t i = 0; i < names->count; i++) {
    if (strcmp(names->at[i].name, name) == 0) {
      names->at[i].inode = inode;
      return;
    }
  }
  if (names->count == names->room) {
    names->room = names->room * 2 + 8;
    names->at = must(realloc(names->at, names->room * sizeof *names->at));
  }
  names->at[names->count++] = (struct entry) {must(strdup(name)), inode};
}

static void drop(struct names *names, const char *name) {
  for (size_t i = 0; i < names->count; i++) {
    if (strcmp(names->at[i].name, name) == 0) {
      free(names->at[i].name);
      names->at[i] = names->at[--names->count];
      return;
    }
  }
}

static void empty(struct names *names) {
  for (size_t i = 0; i < names->count; i++) free(names->at[i].name);
  names->count = 0;
}

static void copy_names(struct names *to, const struct names *from) {
  empty(to);
  for (size_t i = 0; i < from->count; i++) put(to, from->at[i].name, from->at[i].inode);
}

static uint32_t links(const struct inode *inode) {
  uint32_t count = is_directory(inode) ? 2 : 0;
  if (is_directory(inode)) {
    for (size_t i = 0; i < inode->live.count; i++) count += is_directory(inode->live.at[i].inode);
    return count;
  }
  for (uint64_t d = 0; d < inode_count; d++) {
    for (size_t i = 0; i < inodes[d]->live.count; i++) {
      count += inodes[d]->live.at[i].inode == inode;
    }
  }
  return count;
}

/* ---- steps ---- */

static int same_name(
    const struct inode *one, const char *name, const struct inode *other, const char *its_name) {
  return one != NULL && one == other && strcmp(name, its_name) == 0;
}

static int share_name(const struct step *one, const struct step *other) {
  return same_name(one->gone_from, one->gone, other->gone_from, other->gone)
      || same_name(one->gone_from, one->gone, other->come_to, other->come)
      || same_name(one->come_to, one->come, other->gone_from, other->gone)
      || same_name(one->come_to, one->come, other->come_to, other->come);
}

/* Onto what is durable. */
static void apply(const struct step *step) {
  if (step->gone_from != NULL && find(&step->gone_from->committed, step->gone) == step->node) {
    drop(&step->gone_from->committed, step->gone);
  }
  if (step->come_to != NULL) put(&step->come_to->committed, step->come, step->node);
}

static int has_source(const struct step *step) {
  return !step->needs_source || find(&step->gone_from->committed, step->gone) == step->node;
}

static void forget(struct step *step) {
  free(step->gone);
  free(step->come);
}

/*
 * A sync of a directory commits the steps that change it; one of a file, if it does, those that name
 * the file. With a step go those before it that are about the same name: a name never goes back.
 */
static void commit(const struct inode *synced) {
  for (size_t i = step_count; i-- > 0;) {
    struct step *step = &steps[i];
    step->marked = is_directory(synced)
        ? step->gone_from == synced || step->come_to == synced
        : step->node == synced;
    for (size_t later = i + 1; later < step_count && !step->marked; later++) {
      step->marked = steps[later].marked && share_name(step, &steps[later]);
    }
  }
  size_t left = 0;
  for (size_t i = 0; i < step_count; i++) {
    if (steps[i].marked) {
      apply(&steps[i]);
      forget(&steps[i]);
    } else {
      steps[left++] = steps[i];
    }
  }
  step_count = left;
}

/* Takes a step on the live tree; it is durable once it is committed. */
static void take(struct inode *from, const char *gone, struct inode *to, const char *come,
    struct inode *node, int needs_source) {
  if (step_count == step_room) {
    step_room = step_room * 2 + 64;
    steps = must(realloc(steps, step_room * sizeof *steps));
  }
  steps[step_count++] = (struct step) {
    .gone_from = from, .come_to = to, .node = node,
    .gone = from == NULL ? NULL : must(strdup(gone)),
    .come = to == NULL ? NULL : must(strdup(come)),
    .needs_source = needs_source
  };
  if (from != NULL) {
    drop(&from->live, gone);
    modified(from);
  }
  if (to != NULL) {
    put(&to->live, come, node);
    if (to != from) modified(to);
    if (is_directory(node)) node->parent = to;
  }
  changed(node);
}

/* ---- the cut ---- */

static uint64_t random_state;

/* SplitMix64. */
static uint64_t next_random(void) {
  uint64_t mixed = random_state += UINT64_C(0x9e3779b97f4a7c15);
  mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
  return mixed ^ (mixed >> 31);
}

static int chance(unsigned of_eight) { return next_random() % 8 < of_eight; }

/* Any pages of what was written since the last sync, and the old size or the new one. */
static void mix(struct inode *inode, unsigned of_eight) {
  struct content *durable = &inode->durable;
  struct content *now = &inode->now;
  uint64_t old_size = durable->bytes.size;
  uint64_t size = old_size;
  if (chance(of_eight)) {
    struct bytes bytes = durable->bytes;
    size = now->bytes.size;
    *durable = *now;
    durable->bytes = bytes;
  }
  resize(&durable->bytes, size);
  for (uint64_t at = 0; at < size && at < now->bytes.size; at += PAGE) {
    uint64_t length = size - at < PAGE ? size - at : PAGE;
    if (length > now->bytes.size - at) length = now->bytes.size - at;
    if (chance(of_eight)) memcpy(durable->bytes.at + at, now->bytes.at + at, length);
  }
}

static void tell(const struct step *step, int kept) {
  printf(" %s", kept ? "kept:" : "lost:");
  if (step->gone != NULL) printf("-%s", step->gone);
  if (step->come != NULL) printf("+%s", step->come);
}

/* What is durable becomes what is there. Tells of each step whether it is left. */
static void cut_power(int least, uint64_t seed) {
  random_state = seed;
  /* Cuts that lose almost all, about half and almost nothing. */
  unsigned of_eight = least ? 0 : (unsigned[]) {1, 4, 7}[next_random() % 3];
  for (size_t i = 0; i < step_count; i++) {
    int kept = !least && chance(of_eight) && has_source(&steps[i]);
    if (kept) apply(&steps[i]);
    tell(&steps[i], kept);
    forget(&steps[i]);
  }
  step_count = 0;
  for (uint64_t i = 0; i < inode_count; i++) {
    struct inode *inode = inodes[i];
    if (is_directory(inode)) {
      inode->now = inode->durable;
      copy_names(&inode->live, &inode->committed);
      for (size_t child = 0; child < inode->live.count; child++) {
        if (is_directory(inode->live.at[child].inode)) inode->live.at[child].inode->parent = inode;
      }
    } else {
      if (!least) mix(inode, of_eight);
      copy_content(&inode->now, &inode->durable);
    }
  }
}

/* An orderly unmount loses nothing. */
static void keep_all(void) {
  for (size_t i = 0; i < step_count; i++) forget(&steps[i]);
  step_count = 0;
  for (uint64_t i = 0; i < inode_count; i++) {
    copy_names(&inodes[i]->committed, &inodes[i]->live);
    copy_content(&inodes[i]->durable, &inodes[i]->now);
  }
}

/* ---- answers ---- */

static void answer(uint64_t unique, int error, const void *body, size_t length) {
  struct fuse_out_header header = {
    .len = (uint32_t) (sizeof header + (error ? 0 : length)), .error = -error, .unique = unique
  };
  struct iovec parts[2] = {{&header, sizeof header}, {(void *) body, error ? 0 : length}};
  /* Fails if whoever asked has been interrupted, or if it was unmounted: then nobody waits. */
  if (writev(device, parts, 2) < 0 && errno != ENOENT && errno != ENODEV) {
    perror("strictfs: answer");
  }
}

static struct fuse_attr attributes(const struct inode *inode) {
  const struct content *now = &inode->now;
  return (struct fuse_attr) {
    .ino = inode->number,
    .size = is_directory(inode) ? PAGE : now->bytes.size,
    .blocks = (now->bytes.size + 511) / 512,
    .atime = (uint64_t) now->accessed.tv_sec, .atimensec = (uint32_t) now->accessed.tv_nsec,
    .mtime = (uint64_t) now->modified.tv_sec, .mtimensec = (uint32_t) now->modified.tv_nsec,
    .ctime = (uint64_t) now->changed.tv_sec, .ctimensec = (uint32_t) now->changed.tv_nsec,
    .mode = now->mode, .nlink = links(inode), .uid = now->uid, .gid = now->gid, .blksize = PAGE
  };
}

/* Neither names nor attributes are kept by the kernel: each look comes here. */
static struct fuse_entry_out entry_of(const struct inode *inode) {
  return (struct fuse_entry_out) {.nodeid = inode->number, .attr = attributes(inode)};
}

static void answer_entry(uint64_t unique, const struct inode *inode) {
  struct fuse_entry_out out = entry_of(inode);
  answer(unique, 0, &out, sizeof out);
}

static void answer_attributes(uint64_t unique, const struct inode *inode) {
  struct fuse_attr_out out = {.attr = attributes(inode)};
  answer(unique, 0, &out, sizeof out);
}

/* All changes of a file go through this kernel, so what it has of its pages stays good. */
static const struct fuse_open_out opened = {.open_flags = FOPEN_KEEP_CACHE};

/* ---- calls ---- */

static void init(uint64_t unique, const struct fuse_init_in *in) {
  struct fuse_init_out out = {
    .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
    .max_readahead = in->max_readahead, .flags = FUSE_BIG_WRITES,
    .max_background = 16, .congestion_threshold = 12, .max_write = MOST_WRITE, .time_gran = 1
  };
  answer(unique, 0, &out, sizeof out);
}

static void set_attributes(
    uint64_t unique, struct inode *inode, const struct fuse_setattr_in *in) {
  struct content *now = &inode->now;
  struct timespec clock = now_after((struct timespec) {0, 0});
  if (in->valid & FATTR_SIZE) {
    if (is_directory(inode)) {
      answer(unique, EISDIR, NULL, 0);
      return;
    }
    resize(&now->bytes, in->size);
    modified(inode);
  }
  if (in->valid & FATTR_MODE) now->mode = (now->mode & S_IFMT) | (in->mode & 07777);
  if (in->valid & FATTR_UID) now->uid = in->uid;
  if (in->valid & FATTR_GID) now->gid = in->gid;
  if (in->valid & FATTR_ATIME) {
    now->accessed = in->valid & FATTR_ATIME_NOW
        ? clock : (struct timespec) {(time_t) in->atime, in->atimensec};
  }
  if (in->valid & FATTR_MTIME) {
    now->modified = in->valid & FATTR_MTIME_NOW
        ? clock : (struct timespec) {(time_t) in->mtime, in->mtimensec};
  }
  changed(inode);
  answer_attributes(unique, inode);
}

/* Makes a file or a directory; an error if the name is taken or too long, else 0. */
static int make(const struct fuse_in_header *in, struct inode *parent, const char *name,
    uint32_t mode, struct inode **made) {
  if (strlen(name) > LONGEST_NAME) return ENAMETOOLONG;
  *made = find(&parent->live, name);
  if (*made != NULL) return EEXIST;
  *made = new_inode(mode, in->uid, in->gid);
  take(NULL, NULL, parent, name, *made, 0);
  return 0;
}

static void create(const struct fuse_in_header *in, struct inode *parent,
    const struct fuse_create_in *how, const char *name) {
  struct inode *file;
  int error = make(in, parent, name, S_IFREG | (how->mode & ~how->umask & 07777), &file);
  if (error == EEXIST && !(how->flags & O_EXCL) && !is_directory(file)) error = 0;
  if (error == 0 && how->flags & O_TRUNC) resize(&file->now.bytes, 0);
  if (error != 0) {
    answer(in->unique, error, NULL, 0);
    return;
  }
  struct {
    struct fuse_entry_out entry;
    struct fuse_open_out open;
  } out = {entry_of(file), opened};
  answer(in->unique, 0, &out, sizeof out);
}

static int unlink_name(struct inode *parent, const char *name, int directory) {
  struct inode *node = find(&parent->live, name);
  if (node == NULL) return ENOENT;
  if (directory && !is_directory(node)) return ENOTDIR;
  if (!directory && is_directory(node)) return EISDIR;
  if (directory && node->live.count > 0) return ENOTEMPTY;
  take(parent, name, NULL, NULL, node, 0);
  return 0;
}

static int rename_name(struct inode *from, const char *old, uint64_t to_number, const char *new,
    uint32_t flags) {
  struct inode *to = inode_of(to_number);
  struct inode *node = find(&from->live, old);
  if (to == NULL || node == NULL) return ENOENT;
  if (flags & ~RENAME_NOREPLACE) return EINVAL;
  if (strlen(new) > LONGEST_NAME) return ENAMETOOLONG;
  struct inode *replaced = find(&to->live, new);
  if (replaced != NULL) {
    if (flags & RENAME_NOREPLACE) return EEXIST;
    if (is_directory(replaced) && !is_directory(node)) return EISDIR;
    if (!is_directory(replaced) && is_directory(node)) return ENOTDIR;
    if (replaced->live.count > 0) return ENOTEMPTY;
    changed(replaced);
  }
  take(from, old, to, new, node, 1);
  return 0;
}

static int link_name(uint64_t number, struct inode *parent, const char *name) {
  struct inode *node = inode_of(number);
  if (node == NULL) return ENOENT;
  if (is_directory(node)) return EPERM;
  if (strlen(name) > LONGEST_NAME) return ENAMETOOLONG;
  if (find(&parent->live, name) != NULL) return EEXIST;
  take(NULL, NULL, parent, name, node, 0);
  return 0;
}

static void read_file(uint64_t unique, struct inode *file, const struct fuse_read_in *in) {
  const struct bytes *bytes = &file->now.bytes;
  uint64_t length = in->offset < bytes->size ? bytes->size - in->offset : 0;
  if (length > in->size) length = in->size;
  answer(unique, 0, bytes->at == NULL ? NULL : bytes->at + in->offset, length);
}

static void write_file(uint64_t unique, struct inode *file, const struct fuse_write_in *in) {
  struct bytes *bytes = &file->now.bytes;
  if (in->offset + in->size > bytes->size) resize(bytes, in->offset + in->size);
  memcpy(bytes->at + in->offset, in + 1, in->size);
  modified(file);
  struct fuse_write_out out = {.size = in->size};
  answer(unique, 0, &out, sizeof out);
}

static void sync_inode(uint64_t unique, struct inode *inode) {
  copy_content(&inode->durable, &inode->now);
  if (is_directory(inode) || sync_commits_names) commit(inode);
  answer(unique, 0, NULL, 0);
}

static void open_directory(uint64_t unique, struct inode *directory) {
  struct listing *listing = must(calloc(1, sizeof *listing));
  listing->directory = directory;
  struct fuse_open_out out = {.fh = (uintptr_t) listing};
  answer(unique, 0, &out, sizeof out);
}

static void close_directory(uint64_t unique, struct listing *listing) {
  empty(&listing->names);
  free(listing->names.at);
  free(listing);
  answer(unique, 0, NULL, 0);
}

static void read_directory(uint64_t unique, const struct fuse_read_in *in) {
  static char out[MOST_WRITE];
  struct listing *listing = (struct listing *) (uintptr_t) in->fh;
  if (in->offset == 0) {
    copy_names(&listing->names, &listing->directory->live);
    struct inode *parent = listing->directory->parent;
    put(&listing->names, ".", listing->directory);
    put(&listing->names, "..", parent == NULL ? listing->directory : parent);
  }
  size_t most = in->size < sizeof out ? in->size : sizeof out;
  size_t length = 0;
  for (uint64_t i = in->offset; i < listing->names.count; i++) {
    const struct entry *each = &listing->names.at[i];
    struct fuse_dirent head = {
      .ino = each->inode->number, .off = i + 1, .namelen = (uint32_t) strlen(each->name),
      .type = (each->inode->now.mode & S_IFMT) >> 12
    };
    size_t whole = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + head.namelen);
    if (length + whole > most) break;
    memset(out + length, 0, whole);
    memcpy(out + length, &head, FUSE_NAME_OFFSET);
    memcpy(out + length + FUSE_NAME_OFFSET, each->name, head.namelen);
    length += whole;
  }
  answer(unique, 0, out, length);
}

static void file_system(uint64_t unique) {
  struct fuse_statfs_out out = {.st = {
    .blocks = 1 << 24, .bfree = 1 << 23, .bavail = 1 << 23, .files = 1 << 24, .ffree = 1 << 23,
    .bsize = PAGE, .frsize = PAGE, .namelen = LONGEST_NAME
  }};
  answer(unique, 0, &out, sizeof out);
}

static void serve(const struct fuse_in_header *in) {
  const void *body = in + 1;
  uint64_t unique = in->unique;
  switch (in->opcode) {
    case FUSE_FORGET: case FUSE_BATCH_FORGET: case FUSE_INTERRUPT:
      /* Wants no answer. */
      return;
    case FUSE_INIT:
      init(unique, body);
      return;
    case FUSE_RELEASE: case FUSE_DESTROY:
      answer(unique, 0, NULL, 0);
      return;
    case FUSE_RELEASEDIR:
      close_directory(unique, (void *) (uintptr_t) ((const struct fuse_release_in *) body)->fh);
      return;
  }
  struct inode *inode = inode_of(in->nodeid);
  if (cut || inode == NULL) {
    answer(unique, cut ? EIO : ESTALE, NULL, 0);
    return;
  }
  struct inode *found;
  int error;
  switch (in->opcode) {
    case FUSE_LOOKUP:
      found = find(&inode->live, body);
      if (found == NULL) answer(unique, ENOENT, NULL, 0);
      else answer_entry(unique, found);
      return;
    case FUSE_GETATTR:
      answer_attributes(unique, inode);
      return;
    case FUSE_SETATTR:
      set_attributes(unique, inode, body);
      return;
    case FUSE_MKDIR: {
      const struct fuse_mkdir_in *how = body;
      error = make(in, inode, (const char *) (how + 1),
          S_IFDIR | (how->mode & ~how->umask & 07777), &found);
      if (error != 0) answer(unique, error, NULL, 0);
      else answer_entry(unique, found);
      return;
    }
    case FUSE_CREATE: {
      const struct fuse_create_in *how = body;
      create(in, inode, how, (const char *) (how + 1));
      return;
    }
    case FUSE_UNLINK: case FUSE_RMDIR:
      answer(unique, unlink_name(inode, body, in->opcode == FUSE_RMDIR), NULL, 0);
      return;
    case FUSE_RENAME: {
      const struct fuse_rename_in *how = body;
      const char *old = (const char *) (how + 1);
      answer(unique, rename_name(inode, old, how->newdir, old + strlen(old) + 1, 0), NULL, 0);
      return;
    }
    case FUSE_RENAME2: {
      const struct fuse_rename2_in *how = body;
      const char *old = (const char *) (how + 1);
      answer(unique, rename_name(inode, old, how->newdir, old + strlen(old) + 1, how->flags), NULL,
          0);
      return;
    }
    case FUSE_LINK: {
      const struct fuse_link_in *how = body;
      error = link_name(how->oldnodeid, inode, (const char *) (how + 1));
      if (error != 0) answer(unique, error, NULL, 0);
      else answer_entry(unique, inode_of(how->oldnodeid));
      return;
    }
    case FUSE_OPEN:
      answer(unique, 0, &opened, sizeof opened);
      return;
    case FUSE_READ:
      read_file(unique, inode, body);
      return;
    case FUSE_WRITE:
      write_file(unique, inode, body);
      return;
    case FUSE_FSYNC: case FUSE_FSYNCDIR:
      sync_inode(unique, inode);
      return;
    case FUSE_OPENDIR:
      open_directory(unique, inode);
      return;
    case FUSE_READDIR:
      read_directory(unique, body);
      return;
    case FUSE_STATFS:
      file_system(unique);
      return;
    default:
      answer(unique, ENOSYS, NULL, 0);
  }
}

/* ---- the mount ---- */

static const char *mount_it(void) {
  /* A copy of the mount in another namespace may hold on to the old device; it is of no use there. */
  if (device >= 0) close(device);
  if (mounted && !cut) keep_all();
  cut = 0;
  device = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (device < 0) return "/dev/fuse";
  char options[160];
  snprintf(options, sizeof options,
      "fd=%d,rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other", device);
  if (mount("strictfs", mount_point, "fuse.strict", MS_NOSUID | MS_NODEV, options) != 0) {
    return "mount";
  }
  mounted = 1;
  return NULL;
}

/* The device first: what is still to be written would wait for an answer of this very thread. */
static void unmount_it(void) {
  if (device >= 0) close(device);
  umount2(mount_point, MNT_DETACH);
}

static void obey(char *line) {
  const char *failed = NULL;
  if (strcmp(line, "mount") == 0) {
    failed = mount_it();
  } else if (strncmp(line, "cut ", 4) == 0) {
    cut = 1;
    printf("ok");
    cut_power(strcmp(line + 4, "least") == 0, strtoull(line + 4, NULL, 10));
    printf("\n");
    fflush(stdout);
    return;
  } else if (strcmp(line, "quit") == 0) {
    unmount_it();
    exit(0);
  } else {
    errno = EINVAL;
    failed = line;
  }
  if (failed == NULL) printf("ok\n");
  else printf("error %s: %s\n", failed, strerror(errno));
  fflush(stdout);
}

/* Whether there will be more. */
static int hear(void) {
  static char line[256];
  static size_t length;
  ssize_t got = read(STDIN_FILENO, line + length, sizeof line - 1 - length);
  if (got <= 0) return 0;
  length += (size_t) got;
  for (char *end; (end = memchr(line, '\n', length)) != NULL;) {
    *end = 0;
    obey(line);
    length -= (size_t) (end + 1 - line);
    memmove(line, end + 1, length);
  }
  return length < sizeof line - 1;
}

int main(int count, char **arguments) {
  static char request[MOST_WRITE + PAGE] __attribute__((aligned(8)));
  if (count < 2) return 2;
  mount_point = arguments[1];
  sync_commits_names = count > 2 && strcmp(arguments[2], "names") == 0;
  new_inode(S_IFDIR | 0755, 0, 0);
  for (;;) {
    struct pollfd ready[2] = {
      {.fd = STDIN_FILENO, .events = POLLIN}, {.fd = device, .events = POLLIN}
    };
    if (poll(ready, 2, -1) < 0) continue;
    if (ready[1].revents != 0) {
      ssize_t length = read(device, request, sizeof request);
      if (length >= (ssize_t) sizeof(struct fuse_in_header)) {
        serve((const struct fuse_in_header *) request);
      } else if (length < 0 && errno == ENODEV) {
        close(device);
        device = -1;
      }
    }
    if (ready[0].revents != 0 && !hear()) {
      unmount_it();
      return 0;
    }
  }
}
