package io.warmstart.save;

import io.warmstart.io.Directories;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.io.FileOps.DirectoryHandle;
import io.warmstart.io.IoFailure;
import io.warmstart.io.SharedSyncs;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The key directories that this process saves to, kept open.
 *
 * <p>Open, because a sync needs a descriptor, and because of what it proves: an inode number is
 * reused as soon as its directory is gone, but not while somebody holds it open. So a name that
 * leads to the number of an open directory leads to that directory, and if its own name was synced
 * into the root once, it is still durable. Without that, a directory that a sibling has removed and
 * made again would pass for the durable one, and a power cut would take an acknowledged entry.
 *
 * <p>Bounded; the least recently used are closed when no save is using them, and all of those when
 * the process is short of descriptors. Safe for all threads.
 */
public final class KeyDirectories implements AutoCloseable {
  private final FileOps ops;
  private final Path root;
  private final IntSupplier most;
  private final Runnable made;
  private final LinkedHashMap<Digest256, Use> open = new LinkedHashMap<>(16, 0.75f, true);
  private boolean closed;

  /**
   * Whether a sync has failed, of whichever directory. The kernel tells of names that it could not
   * write once, and calls them written from then on: so it outlives the descriptor that was told.
   */
  private volatile boolean anyHasFailed;

  /**
   * Makes the directories of one root.
   *
   * @param most how many to keep open
   * @param made is told of each that was made, before anything is published in it
   */
  public KeyDirectories(FileOps ops, Path root, IntSupplier most, Runnable made) {
    this.ops = ops;
    this.root = root;
    this.most = most;
    this.made = made;
  }

  /** An open key directory in use by one save. */
  public final class Use implements AutoCloseable {
    private final KeyDirectory directory;
    private final DirectoryHandle handle;
    private final SharedSyncs syncs = new SharedSyncs();
    private int users;
    private boolean dropped;
    private volatile boolean durableInRoot;

    /**
     * Opened ahead, to sync the directory's name: what was published must not turn out to be of
     * unknown durability because there is no descriptor left for the root. Null once it has been
     * used; guarded by the use's monitor.
     */
    private @Nullable DirectoryHandle rootHandle;

    private Use(KeyDirectory directory, DirectoryHandle handle) {
      this.directory = directory;
      this.handle = handle;
    }

    /** What {@link #sync} is to be given; to be asked before the names are made. */
    public long failedSyncs() {
      return syncs.failures();
    }

    /** Whether another sync of names that others have made may prove nothing. */
    boolean namesMayBeInDoubt() {
      return anyHasFailed || syncs.failures() > 0;
    }

    /**
     * Makes the names in the directory durable, and the directory's own name if it may not be.
     *
     * @param failedBefore {@link #failedSyncs} before the names were made
     * @return false if the directory may have been removed and made again: what was renamed into
     *     place may have gone with it
     * @throws NoSuchFileException if the directory is gone, and what was saved in it too
     */
    public boolean sync(long failedBefore) throws IOException {
      boolean failed = true;
      try {
        boolean sameDirectory = syncNames(failedBefore);
        failed = false;
        return sameDirectory;
      } catch (NoSuchFileException e) {
        // With their directory the names are gone.
        failed = false;
        throw e;
      } finally {
        if (failed) {
          anyHasFailed = true;
        }
      }
    }

    private boolean syncNames(long failedBefore) throws IOException {
      try {
        syncs.sync(handle, failedBefore);
      } catch (ClosedChannelException e) {
        // An interrupt has closed the shared descriptor; the names are as good through another.
        boolean sameDirectory = syncAnew();
        syncs.requireNoneFailed(failedBefore);
        return sameDirectory;
      } catch (IOException e) {
        // Not for an error that is merely unknown: the kernel tells of a failed write-back once.
        // Through another descriptor the sync would seem to succeed.
        if (!IoFailure.isStale(e) && ops.stat(directory.path()).sameFileAs(handle.facts())) {
          throw e;
        }
        return syncAnew();
      }
      if (!ops.stat(directory.path()).sameFileAs(handle.facts())) {
        // Mostly between our opening it and our staging in it: then what was renamed lies in the
        // new one.
        return syncAnew();
      }
      if (!durableInRoot) {
        syncRoot(failedBefore);
      }
      return true;
    }

    /** One thread: the others find it done, or that it has failed. */
    private synchronized void syncRoot(long failedBefore) throws IOException {
      if (durableInRoot) {
        return;
      }
      syncs.requireNoneFailed(failedBefore);
      DirectoryHandle handle = rootHandle;
      rootHandle = null;
      try {
        if (handle == null) {
          Directories.sync(ops, root);
        } else {
          syncRoot(handle);
        }
        durableInRoot = true;
      } finally {
        if (!durableInRoot) {
          syncs.haveFailed();
        }
      }
    }

    private void syncRoot(DirectoryHandle handle) throws IOException {
      try {
        handle.sync();
      } catch (ClosedChannelException e) {
        // By an interrupt, as above.
        Directories.sync(ops, root);
      } finally {
        closeQuietly(handle);
      }
    }

    private synchronized void openRoot() throws IOException {
      if (!durableInRoot && rootHandle == null) {
        rootHandle = Uninterrupted.call(() -> ops.openDirectory(root));
      }
    }

    /** For one that nobody uses; returns how many descriptors that were. */
    private synchronized int closeHandles() {
      closeQuietly(handle);
      DirectoryHandle ofRoot = rootHandle;
      rootHandle = null;
      if (ofRoot == null) {
        return 1;
      }
      closeQuietly(ofRoot);
      return 2;
    }

    private boolean syncAnew() throws IOException {
      drop(this);
      Directories.sync(ops, directory.path());
      Directories.sync(ops, root);
      return false;
    }

    @Override
    public void close() {
      release(this);
    }
  }

  /**
   * Opens a key's directory, making it if it is missing.
   *
   * @throws NotDirectoryException if something else has its name, a symbolic link for instance
   */
  public Use use(KeyDirectory directory) throws IOException {
    FileFacts facts;
    try {
      facts = ops.stat(directory.path());
    } catch (NoSuchFileException e) {
      try {
        ops.createDirectory(directory.path());
        made.run();
      } catch (FileAlreadyExistsException sibling) {
        // Made by a sibling since; who made it says nothing about its being durable.
      }
      facts = ops.stat(directory.path());
    }
    if (!facts.directory()) {
      throw new NotDirectoryException(directory.path().toString());
    }
    Use use = known(directory, facts);
    if (use == null) {
      use = open(directory);
    }
    if (!use.durableInRoot) {
      try {
        use.openRoot();
      } catch (IOException | RuntimeException | Error e) {
        release(use);
        throw e;
      }
    }
    return use;
  }

  private synchronized @Nullable Use known(KeyDirectory directory, FileFacts facts) {
    Use known = open.get(directory.key());
    if (known == null || !known.handle.facts().sameFileAs(facts)) {
      return null;
    }
    known.users++;
    return known;
  }

  private Use open(KeyDirectory directory) throws IOException {
    Use made = new Use(directory, Uninterrupted.call(() -> ops.openDirectory(directory.path())));
    Use use = made;
    List<Use> surplus = new ArrayList<>();
    synchronized (this) {
      Use before = open.get(directory.key());
      if (closed) {
        made.dropped = true;
      } else if (before != null && before.handle.facts().sameFileAs(made.handle.facts())) {
        // Another save was faster, and is to share its syncs.
        use = before;
        surplus.add(made);
      } else {
        open.put(directory.key(), made);
        if (before != null) {
          before.dropped = true;
          surplus.add(before);
        }
      }
      use.users++;
      trim(most.getAsInt(), surplus);
    }
    closeUnused(surplus);
    return use;
  }

  private void trim(int mostOpen, List<Use> surplus) {
    Iterator<Map.Entry<Digest256, Use>> oldest = open.entrySet().iterator();
    while (open.size() > mostOpen && oldest.hasNext()) {
      Use use = oldest.next().getValue();
      if (use.users == 0) {
        oldest.remove();
        use.dropped = true;
        surplus.add(use);
      }
    }
  }

  private void drop(Use use) {
    synchronized (this) {
      use.dropped = true;
      open.remove(use.directory.key(), use);
    }
  }

  private void release(Use use) {
    List<Use> surplus = new ArrayList<>();
    synchronized (this) {
      use.users--;
      if (use.dropped) {
        surplus.add(use);
      }
    }
    closeUnused(surplus);
  }

  /** Closes those that no save is using; for {@link io.warmstart.io.IdleDescriptors}. */
  public long closeIdle() {
    List<Use> idle = new ArrayList<>();
    synchronized (this) {
      trim(0, idle);
    }
    return closeUnused(idle);
  }

  private long closeUnused(List<Use> uses) {
    long descriptors = 0;
    for (Use use : uses) {
      synchronized (this) {
        if (use.users > 0) {
          continue;
        }
      }
      descriptors += use.closeHandles();
    }
    return descriptors;
  }

  /** A directory that was only read: its close has nothing to lose. */
  private static void closeQuietly(DirectoryHandle handle) {
    try {
      handle.close();
    } catch (IOException e) {
      // The kernel has freed the descriptor all the same.
      return;
    }
  }

  @Override
  public void close() {
    List<Use> all;
    synchronized (this) {
      closed = true;
      all = new ArrayList<>(open.values());
      for (Use use : all) {
        use.dropped = true;
      }
      open.clear();
    }
    closeUnused(all);
  }
}
