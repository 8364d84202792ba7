package io.warmstart.index;

import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.KeyScan;
import io.warmstart.format.Candidate;
import io.warmstart.format.Digest256;
import io.warmstart.io.FileOps;
import io.warmstart.payload.CachedPayload;
import io.warmstart.payload.PayloadCache;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The index of a root, as the flows use it: attached to the mapped files that all processes share,
 * or doing without where they cannot be had.
 *
 * <p>A generation that is superseded says so before its successor can be attached to. So whoever
 * stores into {@code changes} and still finds the generation live has done so before anything could
 * be filled into the successor; whoever finds it superseded stores into the successor's too.
 *
 * <p>An access of a page that is gone surfaces as an InternalError at the next return from native
 * code. {@link LostPages} brings that about before an answer is given that rests on nothing; the
 * generation is then given up, and files must do until there is another.
 *
 * <p>Safe for all threads.
 */
public final class SharedIndex implements EntryIndex {
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** What no file's mtime is. */
  private static final long UNKNOWN_MTIME = -1;

  private static final long NONE = -2;

  private record RootLook(long atUnixNanos, long mtime) {}

  private final KeyLocks locks;
  private final Path root;
  private final SharedPlace place;
  private final FileOps ops;
  private final Counters counters;
  private final PayloadCache payloads;
  private final IndexMapper mapper;
  private final AtomicLong lastChanges = new AtomicLong(new SecureRandom().nextLong());
  private volatile @Nullable RootLook lastRootLook;
  private volatile @Nullable IndexAttachment current;
  private volatile boolean failed;
  private volatile boolean closed;
  private volatile long failedAtNanos;

  /**
   * Makes the index of a root; it attaches when it is first asked.
   *
   * @param place where the index lies
   */
  public SharedIndex(
      KeyLocks locks,
      Path root,
      SharedPlace place,
      FileOps ops,
      long boot,
      Counters counters,
      PayloadCache payloads) {
    this(
        locks, root, place, ops, counters, payloads, new IndexMapper(place.directory(), ops, boot));
  }

  /** Makes the index of a root over files that come from anywhere. */
  SharedIndex(
      KeyLocks locks,
      Path root,
      SharedPlace place,
      FileOps ops,
      Counters counters,
      PayloadCache payloads,
      IndexMapper mapper) {
    this.locks = locks;
    this.root = root;
    this.place = place;
    this.ops = ops;
    this.counters = counters;
    this.payloads = payloads;
    this.mapper = mapper;
  }

  /** What the index knows of a key. */
  public enum Found {
    HIT,
    MISS,
    /** Nothing that is valid now: read the files. */
    UNKNOWN
  }

  /**
   * Asks who wins for a key. Makes no system call, takes no lock and allocates nothing, unless the
   * time has come to look whether a store that knows no index has changed the key's directory.
   *
   * @param ranking 0, 1 or 2
   * @param nowUnixNanos the system's clock, to the millisecond
   * @param foreignCheckNanos how old such a look may be
   * @param query takes the answer; on a hit it holds a lease
   */
  public Found find(
      Digest256 key, int ranking, long nowUnixNanos, long foreignCheckNanos, IndexQuery query) {
    IndexAttachment attached = attachment();
    if (attached == null) {
      return Found.UNKNOWN;
    }
    try {
      Found found = find(attached, key, ranking, nowUnixNanos, foreignCheckNanos, query);
      if (found == Found.UNKNOWN) {
        LostPages.surface();
      }
      return found;
    } catch (InternalError e) {
      attached.files().lose();
      query.lease().end();
      return Found.UNKNOWN;
    }
  }

  private Found find(
      IndexAttachment attached,
      Digest256 key,
      int ranking,
      long nowUnixNanos,
      long foreignCheckNanos,
      IndexQuery query) {
    KeyTable keys = attached.keys();
    SlotCursor at = query.at;
    IndexedWinner winner = query.winner;
    if (!keys.find(key, at)) {
      return Found.UNKNOWN;
    }
    // Before the winner, whose check must be the last that is read: see read.
    long sinceCheck = nowUnixNanos - keys.checkedAt(at);
    if (!keys.read(at, key, ranking, winner)) {
      return Found.UNKNOWN;
    }
    CachedEntry entry = null;
    if (!winner.isMiss()) {
      entry = at.file().cached(at.offset, ranking);
      if (entry == null || !entry.isVersion(key, winner)) {
        return Found.UNKNOWN;
      }
    }
    // A clock that was set back makes it negative: then look.
    if ((sinceCheck >= foreignCheckNanos || sinceCheck < 0)
        && !isAsItWas(attached, query, key, entry, nowUnixNanos, foreignCheckNanos)) {
      return Found.UNKNOWN;
    }
    if (entry == null) {
      return Found.MISS;
    }
    if (!query.lease().take(entry.payload())) {
      return Found.UNKNOWN;
    }
    query.entry = entry;
    query.attached = attached;
    query.ranking = ranking;
    return Found.HIT;
  }

  /** Whether the directory's mtime is the one that the winner was read under. */
  private boolean isAsItWas(
      IndexAttachment attached,
      IndexQuery query,
      Digest256 key,
      @Nullable CachedEntry entry,
      long nowUnixNanos,
      long foreignCheckNanos) {
    long expected = query.winner.mtime();
    long checkedAt = nowUnixNanos;
    long actual;
    if (expected < 0) {
      actual = UNKNOWN_MTIME;
    } else if ((expected & IndexLayout.NO_DIRECTORY) != 0) {
      RootLook look = rootLook(nowUnixNanos, foreignCheckNanos);
      checkedAt = look.atUnixNanos();
      actual = look.mtime() | IndexLayout.NO_DIRECTORY;
    } else {
      actual = mtimeOf(entry == null ? KeyDirectory.of(root, key) : entry.directory());
    }
    if (actual == expected) {
      attached.keys().checked(query.at, checkedAt);
      LostPages.surface();
      return true;
    }
    attached.keys().change(query.at, nextChanges());
    return false;
  }

  /** A look at the root that is no older than the interval. */
  private RootLook rootLook(long nowUnixNanos, long foreignCheckNanos) {
    RootLook last = lastRootLook;
    long since = last == null ? -1 : nowUnixNanos - last.atUnixNanos();
    if (last != null && since >= 0 && since < foreignCheckNanos) {
      return last;
    }
    RootLook look = new RootLook(nowUnixNanos, rootMtime());
    lastRootLook = look;
    return look;
  }

  private long rootMtime() {
    try {
      return ops.stat(root).mtimeNanos();
    } catch (IOException e) {
      return UNKNOWN_MTIME;
    }
  }

  /** The directory's mtime; {@link #NONE} if there is no directory. */
  private long mtimeOf(KeyDirectory directory) {
    try {
      return ops.stat(directory.path()).mtimeNanos();
    } catch (NoSuchFileException e) {
      return NONE;
    } catch (IOException e) {
      return UNKNOWN_MTIME;
    }
  }

  /** After a hit: tells all processes of this access. */
  public void touch(IndexQuery query, long nowUnixNanos) {
    IndexAttachment attached = query.attached;
    if (attached != null) {
      try {
        attached.keys().touch(query.at, query.ranking, nowUnixNanos);
        LostPages.surface();
      } catch (InternalError e) {
        attached.files().lose();
      }
    }
  }

  /**
   * To be called before a key's directory is read, to fill the index with what is found.
   *
   * @return null if there is nothing to fill, or {@link #needsSlot} and nobody has made one
   */
  public @Nullable FillTicket beforeRead(Digest256 key, long nowUnixNanos) {
    IndexAttachment attached = attachment();
    if (attached == null) {
      return null;
    }
    try {
      SlotCursor at = new SlotCursor();
      if (!attached.keys().find(key, at)) {
        return null;
      }
      long changes = attached.keys().changes(at);
      // The root's first: a directory that is made after the look at it will have moved it.
      long rootMtime = rootMtime();
      long mtime = mtimeOf(KeyDirectory.of(root, key));
      long telling = mtime == NONE ? rootMtime : mtime;
      boolean racy = telling < 0 || nowUnixNanos - telling < place.racyNanos();
      long stored = mtime == NONE ? rootMtime | IndexLayout.NO_DIRECTORY : mtime;
      // The reading of the directory must not begin before the reading of the changes.
      VarHandle.fullFence();
      LostPages.surface();
      // An mtime that is as young as the clock is coarse would not show the next change. Stored as
      // the moment of the look it is another one than any other look's.
      return new FillTicket(attached, key, changes, racy ? -nowUnixNanos : stored, nowUnixNanos);
    } catch (InternalError e) {
      attached.files().lose();
      return null;
    }
  }

  /** Whether a key has no slot yet. */
  public boolean needsSlot(Digest256 key) {
    IndexAttachment attached = attachment();
    if (attached == null) {
      return false;
    }
    try {
      boolean found = attached.keys().find(key, new SlotCursor());
      LostPages.surface();
      return !found;
    } catch (InternalError e) {
      attached.files().lose();
      return false;
    }
  }

  /** Makes a slot for a key, if it has none. The caller holds its stripe, shared. */
  public void makeSlot(Digest256 key) {
    IndexAttachment attached = attachment();
    if (attached == null) {
      return;
    }
    try {
      SlotCursor at = new SlotCursor();
      if (!attached.keys().find(key, at)) {
        attached.keys().insert(key, nextChanges(), true, at);
      }
      LostPages.surface();
    } catch (InternalError e) {
      attached.files().lose();
    }
  }

  /**
   * Stores what was read, unless the key has changed since the ticket. The caller holds its stripe,
   * shared.
   *
   * @param winner who wins; null for a miss
   * @param lastUse unix nanoseconds of its last write or access
   * @param payload its payload; whoever replaces it here retires it
   * @return whether the payload is kept for hits to come
   */
  public boolean fill(
      FillTicket ticket,
      int ranking,
      @Nullable Candidate winner,
      long lastUse,
      @Nullable CachedPayload payload) {
    IndexAttachment attached = ticket.attached;
    KeyTable keys = attached.keys();
    Digest256 key = ticket.key;
    try {
      SlotCursor at = new SlotCursor();
      if (!attached.files().live() || !keys.find(key, at) || keys.changes(at) != ticket.changes) {
        LostPages.surface();
        return false;
      }
      IndexedWinner indexed = new IndexedWinner();
      if (winner == null || payload == null) {
        indexed.setMiss();
      } else {
        indexed.setVersion(winner, lastUse);
        keep(at, ranking, new CachedEntry(KeyDirectory.of(root, key), indexed, winner, payload));
      }
      keys.fill(at, key, ranking, ticket.changes, ticket.mtime, ticket.checkedAt, indexed);
      LostPages.surface();
      return true;
    } catch (InternalError e) {
      attached.files().lose();
      return false;
    }
  }

  private void keep(SlotCursor at, int ranking, CachedEntry entry) {
    IndexFile file = at.file();
    int offset = at.offset;
    CachedEntry before = file.cache(offset, ranking, entry);
    entry.payload().whenRetired(() -> file.forget(offset, ranking, entry));
    payloads.add(entry.payload());
    if (before != null) {
      payloads.remove(before.payload());
    }
  }

  @Override
  public KeyScan look(KeyDirectory directory) throws IOException {
    return KeyScan.forLookup(ops, directory);
  }

  @Override
  public void changing(KeyDirectory directory) {
    change(directory.key());
  }

  @Override
  public void changed(KeyDirectory directory) {
    change(directory.key());
  }

  private void change(Digest256 key) {
    IndexAttachment last = null;
    // Twice at the most in practice: a generation lives long.
    for (int attempt = 0; attempt < 8; attempt++) {
      IndexAttachment attached = attachment();
      if (attached == null || attached == last) {
        return;
      }
      last = attached;
      try {
        SlotCursor at = new SlotCursor();
        if (attached.keys().find(key, at)) {
          attached.keys().change(at, nextChanges());
        }
        boolean live = attached.files().live();
        LostPages.surface();
        if (live) {
          return;
        }
      } catch (InternalError e) {
        attached.files().lose();
      }
    }
  }

  /** A value that no process has stored before: 64 bits that start at random in each process. */
  long nextChanges() {
    return Checks.mix(lastChanges.addAndGet(0x9e3779b97f4a7c15L));
  }

  /** Detaches if the names no longer lead to the files that are attached. Called by the agent. */
  public void heartbeat() {
    IndexAttachment attached = current;
    if (attached != null && !mapper.leadsTo(attached.files())) {
      attached.files().lose();
    }
  }

  /** Frees the payloads in memory that nobody holds a lease on, and those leased after that. */
  public void close() {
    closed = true;
    IndexAttachment attached = current;
    // The mappings go with the garbage collector, once nothing leads to them.
    current = null;
    forget(attached);
  }

  private void forget(@Nullable IndexAttachment attached) {
    if (attached != null) {
      attached.files().forgetAll(entry -> payloads.remove(entry.payload()));
    }
  }

  @Nullable IndexAttachment attachment() {
    IndexAttachment attached = current;
    if (attached != null) {
      try {
        if (attached.files().live()) {
          return attached;
        }
        LostPages.surface();
      } catch (InternalError e) {
        attached.files().lose();
      }
    }
    long since = System.nanoTime() - failedAtNanos;
    return closed || (failed && since < RETRY_NANOS) ? null : attach();
  }

  private @Nullable IndexAttachment attach() {
    try (KeyLocks.Hold hold = locks.acquireAllocation()) {
      IndexAttachment attached = current;
      if (attached != null && attached.files().live()) {
        LostPages.surface();
        return attached;
      }
      if (!hold.shared()) {
        throw new IOException("the index cannot be attached to without its lock");
      }
      IndexFiles files = mapper.open();
      if (files == null) {
        files = mapper.make();
        counters.count(Counter.REBUILDS);
      }
      boolean again = attached != null;
      forget(attached);
      attached = new IndexAttachment(files, this::allocatePage);
      if (again) {
        // What we have changed since the one before was lost, nobody has been told of here.
        attached.keys().changeAll(nextChanges());
        attached.totals().doubt(nextChanges());
        LostPages.surface();
      }
      current = attached;
      failed = false;
      return attached;
    } catch (IOException | RuntimeException | InternalError e) {
      // No room for it, first of all. Lookups read the files until it can be had.
      counters.count(Counter.FILES_ONLY);
      failedAtNanos = System.nanoTime();
      failed = true;
      return null;
    }
  }

  private int allocatePage() {
    IndexAttachment attached = current;
    try (KeyLocks.Hold hold = locks.acquireAllocation()) {
      int page = attached != null && hold.shared() ? attached.files().allocatePage() : 0;
      // Not only where the caller asks: it must not strike in the release of the lock.
      LostPages.surface();
      return page;
    }
  }
}
