/*
 * Preloaded into a JVM: makes chosen calls of the C library fail, do nothing, or be the last thing
 * that the process does before it stops or dies. What to do stands in a mapped file (see FaultPoint.java for the layout), so
 * that the JVM itself can arm and disarm it around one operation. And shifts the wall clock by what
 * stands in another mapped file; the monotonic clock and the stamps of files stay the kernel's.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum kind {
  OPEN, CREATE, READ, WRITE, SYNC, RENAME, LINK, UNLINK, MKDIR, RMDIR, STAT, LIST, TRUNCATE, MAP,
  CLOSE, LOCK
};

enum mode {
  COUNT, FAIL_ONCE, FAIL_ON, KILL_BEFORE, KILL_AFTER, SKIP_ONCE, SKIP_ON, STOP_BEFORE, STOP_AFTER
};

struct control {
  volatile int64_t armed;
  volatile int64_t kinds;   /* one bit for each kind */
  volatile int64_t calls;   /* that matched while armed */
  volatile int64_t at;      /* the call to act on, from 1 */
  volatile int64_t mode;
  volatile int64_t error;
  volatile int64_t acted;
  volatile int64_t acted_kind;
  char pattern[448];        /* for fnmatch, over the whole path */
  char acted_path[512];
  volatile int64_t acted_at; /* on CLOCK_MONOTONIC */
};

static struct control *control;

static void *real(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  return found;
}

static volatile int64_t *clock_offset;

static void *map_file(const char *file, size_t length) {
  int fd = (int) syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return NULL;
  void *mapped = (void *) syscall(
      SYS_mmap, NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  return mapped == MAP_FAILED ? NULL : mapped;
}

static void *map(const char *variable, size_t length) {
  const char *file = getenv(variable);
  return file == NULL ? NULL : map_file(file, length);
}

__attribute__((constructor)) static void attach(void) {
  control = map("WARMSTART_FAULT_POINT", sizeof(struct control));
  clock_offset = map("WARMSTART_CLOCK_OFFSET", sizeof(int64_t));
}

static void die(void) {
  syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
  for (;;) syscall(SYS_pause);
}

/* Until somebody sends SIGCONT. To this thread: another might stop the process a moment later. */
static void rest(void) {
  int saved = errno;
  syscall(SYS_tgkill, syscall(SYS_getpid), syscall(SYS_gettid), SIGSTOP);
  errno = saved;
}

static void path_of(int dirfd, const char *path, char *into, size_t size) {
  if (path != NULL && path[0] == '/') {
    snprintf(into, size, "%s", path);
    return;
  }
  char link[64];
  char base[1024] = "";
  if (dirfd == AT_FDCWD) {
    snprintf(link, sizeof link, "/proc/self/cwd");
  } else {
    snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
  }
  long length = syscall(SYS_readlinkat, AT_FDCWD, link, base, sizeof base - 1);
  if (length < 0) length = 0;
  base[length] = 0;
  if (path == NULL || path[0] == 0) {
    snprintf(into, size, "%s", base);
  } else {
    snprintf(into, size, "%s/%s", base, path);
  }
}

enum verdict { GO_ON, FAIL, SKIP, DIE_AFTER, REST_AFTER };

/* Whether this call is the one, and what is to become of it. */
static enum verdict decide(enum kind kind, int dirfd, const char *path) {
  struct control *c = control;
  if (c == NULL || !c->armed || !((c->kinds >> kind) & 1)) return GO_ON;
  int saved = errno;
  char whole[2048];
  path_of(dirfd, path, whole, sizeof whole);
  if (fnmatch(c->pattern, whole, 0) != 0) {
    errno = saved;
    return GO_ON;
  }
  int64_t number = __atomic_add_fetch(&c->calls, 1, __ATOMIC_SEQ_CST);
  int64_t mode = c->mode;
  int on = mode == FAIL_ON || mode == SKIP_ON;
  if (mode == COUNT || c->at == 0 || (on ? number < c->at : number != c->at)) {
    errno = saved;
    return GO_ON;
  }
  if (__atomic_fetch_add(&c->acted, 1, __ATOMIC_SEQ_CST) == 0) {
    c->acted_kind = kind;
    snprintf(c->acted_path, sizeof c->acted_path, "%s", whole);
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    c->acted_at = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
  }
  errno = saved;
  if (mode == KILL_BEFORE) die();
  if (mode == KILL_AFTER) return DIE_AFTER;
  if (mode == STOP_BEFORE) {
    rest();
    return GO_ON;
  }
  if (mode == STOP_AFTER) return REST_AFTER;
  if (mode == SKIP_ONCE || mode == SKIP_ON) return SKIP;
  errno = (int) c->error;
  return FAIL;
}

#define GUARD(kind, dirfd, path, failed, call)                \
  enum verdict verdict = decide(kind, dirfd, path);           \
  if (verdict == FAIL) return failed;                         \
  if (verdict == SKIP) return 0;                              \
  __typeof__(call) result = call;                             \
  if (verdict == DIE_AFTER) die();                            \
  if (verdict == REST_AFTER) rest();                          \
  return result;

#define REAL(type, name, ...)                                 \
  static type (*next)(__VA_ARGS__);                           \
  if (next == NULL) next = (type (*)(__VA_ARGS__)) real(name)

/*
 * A process that forks when it opens a file of this name; what follows the name is the fault point
 * of the child, which is all that is left of it but the forking thread. What is read from the file
 * is the child's pid, or 0 in the child. A thread waits for each child, and says how it died.
 */
#define FORK "/.warmstart-fork:"

static void *wait_for(void *child) {
  int status = 0;
  char line[64];
  if (syscall(SYS_wait4, (pid_t) (intptr_t) child, &status, 0, NULL) > 0) {
    int length = snprintf(line, sizeof line, "dead %d %d\n", (int) (intptr_t) child,
        WIFSIGNALED(status) ? WTERMSIG(status) : -1);
    syscall(SYS_write, 1, line, length);
  }
  return NULL;
}

static int fork_here(const char *fault_point) {
  int ends[2];
  char text[32];
  pid_t child = fork();
  /* Only now: each has a pipe of its own, to itself. */
  if (child < 0 || pipe2(ends, O_CLOEXEC) != 0) return -1;
  if (child == 0) {
    syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    control = *fault_point == 0 ? NULL : map_file(fault_point, sizeof(struct control));
  } else {
    pthread_t waiter;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&small, 128 << 10);
    pthread_create(&waiter, &small, wait_for, (void *) (intptr_t) child);
  }
  int length = snprintf(text, sizeof text, "%d", (int) child);
  syscall(SYS_write, ends[1], text, length);
  syscall(SYS_close, ends[1]);
  return ends[0];
}

static int is_fork(const char *path) { return strncmp(path, FORK, sizeof FORK - 1) == 0; }

static int open_kind(int flags) { return flags & O_CREAT ? CREATE : OPEN; }

#define OPEN_LIKE(name)                                       \
  int name(const char *path, int flags, ...) {                \
    va_list more; va_start(more, flags);                      \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0;  \
    va_end(more);                                             \
    REAL(int, #name, const char *, int, ...);                 \
    if (is_fork(path)) return fork_here(path + sizeof FORK - 1);               \
    GUARD(open_kind(flags), AT_FDCWD, path, -1, next(path, flags, mode))       \
  }
OPEN_LIKE(open)
OPEN_LIKE(open64)

#define OPENAT_LIKE(name)                                     \
  int name(int dirfd, const char *path, int flags, ...) {     \
    va_list more; va_start(more, flags);                      \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0;  \
    va_end(more);                                             \
    REAL(int, #name, int, const char *, int, ...);            \
    GUARD(open_kind(flags), dirfd, path, -1, next(dirfd, path, flags, mode))   \
  }
OPENAT_LIKE(openat)
OPENAT_LIKE(openat64)

ssize_t read(int fd, void *buffer, size_t size) {
  REAL(ssize_t, "read", int, void *, size_t);
  GUARD(READ, fd, NULL, -1, next(fd, buffer, size))
}
#define PREAD_LIKE(name)                                      \
  ssize_t name(int fd, void *buffer, size_t size, off64_t at) {                \
    REAL(ssize_t, #name, int, void *, size_t, off64_t);       \
    GUARD(READ, fd, NULL, -1, next(fd, buffer, size, at))     \
  }
PREAD_LIKE(pread)
PREAD_LIKE(pread64)

ssize_t write(int fd, const void *buffer, size_t size) {
  REAL(ssize_t, "write", int, const void *, size_t);
  GUARD(WRITE, fd, NULL, -1, next(fd, buffer, size))
}
#define PWRITE_LIKE(name)                                     \
  ssize_t name(int fd, const void *buffer, size_t size, off64_t at) {          \
    REAL(ssize_t, #name, int, const void *, size_t, off64_t); \
    GUARD(WRITE, fd, NULL, -1, next(fd, buffer, size, at))    \
  }
PWRITE_LIKE(pwrite)
PWRITE_LIKE(pwrite64)
ssize_t writev(int fd, const struct iovec *pieces, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  GUARD(WRITE, fd, NULL, -1, next(fd, pieces, count))
}

int fsync(int fd) {
  REAL(int, "fsync", int);
  GUARD(SYNC, fd, NULL, -1, next(fd))
}
int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  GUARD(SYNC, fd, NULL, -1, next(fd))
}

int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  GUARD(RENAME, AT_FDCWD, to, -1, next(from, to))
}
int renameat(int from_fd, const char *from, int to_fd, const char *to) {
  REAL(int, "renameat", int, const char *, int, const char *);
  GUARD(RENAME, to_fd, to, -1, next(from_fd, from, to_fd, to))
}
int link(const char *from, const char *to) {
  REAL(int, "link", const char *, const char *);
  GUARD(LINK, AT_FDCWD, to, -1, next(from, to))
}
int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags) {
  REAL(int, "linkat", int, const char *, int, const char *, int);
  GUARD(LINK, to_fd, to, -1, next(from_fd, from, to_fd, to, flags))
}
int unlink(const char *path) {
  REAL(int, "unlink", const char *);
  GUARD(UNLINK, AT_FDCWD, path, -1, next(path))
}
int unlinkat(int dirfd, const char *path, int flags) {
  REAL(int, "unlinkat", int, const char *, int);
  GUARD(flags & AT_REMOVEDIR ? RMDIR : UNLINK, dirfd, path, -1, next(dirfd, path, flags))
}
int mkdir(const char *path, mode_t mode) {
  REAL(int, "mkdir", const char *, mode_t);
  GUARD(MKDIR, AT_FDCWD, path, -1, next(path, mode))
}
int rmdir(const char *path) {
  REAL(int, "rmdir", const char *);
  GUARD(RMDIR, AT_FDCWD, path, -1, next(path))
}

#define STAT_LIKE(name)                                       \
  int name(const char *path, struct stat64 *into) {           \
    REAL(int, #name, const char *, struct stat64 *);          \
    GUARD(STAT, AT_FDCWD, path, -1, next(path, into))         \
  }
STAT_LIKE(stat64)
STAT_LIKE(lstat64)
int fstat64(int fd, struct stat64 *into) {
  REAL(int, "fstat64", int, struct stat64 *);
  GUARD(STAT, fd, NULL, -1, next(fd, into))
}
int fstatat64(int dirfd, const char *path, struct stat64 *into, int flags) {
  REAL(int, "fstatat64", int, const char *, struct stat64 *, int);
  GUARD(STAT, dirfd, path, -1, next(dirfd, path, into, flags))
}
int statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *into) {
  REAL(int, "statx", int, const char *, int, unsigned, struct statx *);
  GUARD(STAT, dirfd, path, -1, next(dirfd, path, flags, mask, into))
}
/* For JVMs that were built against an older C library. */
#define OLD_STAT_LIKE(name)                                   \
  int name(int version, const char *path, struct stat64 *into) {               \
    REAL(int, #name, int, const char *, struct stat64 *);     \
    GUARD(STAT, AT_FDCWD, path, -1, next(version, path, into))                 \
  }
OLD_STAT_LIKE(__xstat64)
OLD_STAT_LIKE(__lxstat64)
int __fxstat64(int version, int fd, struct stat64 *into) {
  REAL(int, "__fxstat64", int, int, struct stat64 *);
  GUARD(STAT, fd, NULL, -1, next(version, fd, into))
}

DIR *opendir(const char *path) {
  REAL(DIR *, "opendir", const char *);
  GUARD(LIST, AT_FDCWD, path, NULL, next(path))
}
DIR *fdopendir(int fd) {
  REAL(DIR *, "fdopendir", int);
  GUARD(LIST, fd, NULL, NULL, next(fd))
}
struct dirent64 *readdir64(DIR *directory) {
  REAL(struct dirent64 *, "readdir64", DIR *);
  GUARD(LIST, dirfd(directory), NULL, NULL, next(directory))
}

#define TRUNCATE_LIKE(name)                                   \
  int name(int fd, off64_t length) {                          \
    REAL(int, #name, int, off64_t);                           \
    GUARD(TRUNCATE, fd, NULL, -1, next(fd, length))           \
  }
TRUNCATE_LIKE(ftruncate)
TRUNCATE_LIKE(ftruncate64)

#define MAP_LIKE(name)                                        \
  void *name(void *at, size_t length, int protection, int flags, int fd, off64_t offset) {     \
    REAL(void *, #name, void *, size_t, int, int, int, off64_t);               \
    if (fd < 0) return next(at, length, protection, flags, fd, offset);        \
    enum verdict verdict = decide(MAP, fd, NULL);             \
    if (verdict == FAIL) return MAP_FAILED;                   \
    void *result = next(at, length, protection, flags, fd, offset);            \
    if (verdict == DIE_AFTER) die();                          \
    return result;                                            \
  }
MAP_LIKE(mmap)
MAP_LIKE(mmap64)

static int is_directory(int fd) {
  struct stat about;
  return syscall(SYS_fstat, fd, &about) == 0 && S_ISDIR(about.st_mode);
}

/*
 * A close that fails has closed: so the descriptor never leaks. That of a directory has nothing to
 * write back and cannot fail; the JDK answers it with a checked exception that no signature tells.
 */
int close(int fd) {
  REAL(int, "close", int);
  struct control *c = control;
  int armed = c != NULL && c->armed && (c->kinds >> CLOSE) & 1;
  enum verdict verdict = armed && !is_directory(fd) ? decide(CLOSE, fd, NULL) : GO_ON;
  int error = errno;
  int result = next(fd);
  if (verdict == DIE_AFTER) die();
  if (verdict == FAIL) {
    errno = error;
    return -1;
  }
  return result;
}

static int is_lock(int command) {
  return command == F_SETLK || command == F_SETLKW || command == F_GETLK;
}

#define FCNTL_LIKE(name)                                      \
  int name(int fd, int command, ...) {                        \
    va_list more; va_start(more, command);                    \
    void *argument = va_arg(more, void *);                    \
    va_end(more);                                             \
    REAL(int, #name, int, int, ...);                          \
    if (!is_lock(command)) return next(fd, command, argument);                 \
    GUARD(LOCK, fd, NULL, -1, next(fd, command, argument))    \
  }
FCNTL_LIKE(fcntl)
FCNTL_LIKE(fcntl64)

static int64_t shifted(const struct timespec *now) {
  return (int64_t) now->tv_sec * 1000000000 + now->tv_nsec + *clock_offset;
}

int clock_gettime(clockid_t clock, struct timespec *into) {
  REAL(int, "clock_gettime", clockid_t, struct timespec *);
  int result = next(clock, into);
  if (result == 0 && clock == CLOCK_REALTIME && clock_offset != NULL) {
    int64_t now = shifted(into);
    into->tv_sec = now / 1000000000;
    into->tv_nsec = now % 1000000000;
  }
  return result;
}

int gettimeofday(struct timeval *into, void *zone) {
  REAL(int, "gettimeofday", struct timeval *, void *);
  int result = next(into, zone);
  if (result == 0 && into != NULL && clock_offset != NULL) {
    struct timespec whole = {into->tv_sec, into->tv_usec * 1000};
    int64_t now = shifted(&whole);
    into->tv_sec = now / 1000000000;
    into->tv_usec = now % 1000000000 / 1000;
  }
  return result;
}
