package io.warmstart.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The real file system with a model beside it of what a power cut would leave.
 *
 * <p>The model is a journalling file system's: a name that is made, moved or removed is a step in
 * one ordered journal. The sync of a file or a directory commits the journal up to the last step
 * that touched that very inode, and not a step further; a file's bytes are durable as they were at
 * its own last sync. A cut leaves the committed steps and any prefix of the others. As a second,
 * harsher model, it leaves any subset of the others in which each step still has its source. Of a
 * file that is mapped while it is made, a segment of the journal, it leaves any pages.
 */
public final class JournalledFileOps implements FileOps {
  private final FileOps delegate = new UnsyncedFileOps();
  private final Path root;
  private final CrashImage.Directory rootNode = new CrashImage.Directory();
  private final Map<Path, CrashImage.Node> live = new HashMap<>();
  private final List<Step> pending = new ArrayList<>();
  private CrashImage.Names committed = new CrashImage.Names();

  /** One change of names: at most one goes and one comes. */
  private record Step(
      CrashImage.@Nullable Name gone,
      CrashImage.@Nullable Name come,
      CrashImage.Node node,
      boolean needsSource) {
    boolean touches(CrashImage.Node other) {
      return node == other
          || (gone != null && gone.directory() == other)
          || (come != null && come.directory() == other);
    }

    /** Whether it could be applied. */
    boolean applyTo(CrashImage.Names names) {
      if (needsSource && gone != null && names.get(gone) != node) {
        return false;
      }
      if (gone != null && names.get(gone) == node) {
        names.remove(gone);
      }
      if (come != null) {
        names.put(come, node);
      }
      return true;
    }
  }

  /** Takes what lies in a root as durable. */
  public JournalledFileOps(Path root) throws IOException {
    this.root = root;
    live.put(root, rootNode);
    load(root, rootNode);
  }

  private void load(Path directory, CrashImage.Directory node) throws IOException {
    for (String name : delegate.list(directory)) {
      Path path = directory.resolve(name);
      CrashImage.Node child;
      if (Files.isDirectory(path)) {
        child = new CrashImage.Directory();
        load(path, (CrashImage.Directory) child);
      } else {
        byte[] bytes = Files.readAllBytes(path);
        child = new CrashImage.File(bytes, bytes);
      }
      live.put(path, child);
      committed.put(new CrashImage.Name(node, name), child);
    }
  }

  /** The tree as it is: what the death of a process leaves. */
  public synchronized CrashImage afterDeath() throws IOException {
    CrashImage.Names names = committed.copy();
    pending.forEach(step -> step.applyTo(names));
    return CrashImage.of(rootNode, names, CrashImage.Unsynced.WRITTEN);
  }

  /** Every tree that a power cut may leave now. */
  public synchronized Set<CrashImage> afterPowerCut(boolean reordered) throws IOException {
    Set<CrashImage.Names> states = new LinkedHashSet<>();
    if (reordered && pending.size() <= 8) {
      for (int subset = 0; subset < 1 << pending.size(); subset++) {
        CrashImage.Names names = committed.copy();
        boolean possible = true;
        for (int i = 0; i < pending.size() && possible; i++) {
          possible = (subset & 1 << i) == 0 || pending.get(i).applyTo(names);
        }
        if (possible) {
          states.add(names);
        }
      }
    }
    CrashImage.Names names = committed.copy();
    states.add(names.copy());
    for (Step step : pending) {
      step.applyTo(names);
      states.add(names.copy());
    }
    Set<CrashImage> images = new LinkedHashSet<>();
    for (CrashImage.Names state : states) {
      for (CrashImage.Unsynced unsynced : CrashImage.Unsynced.values()) {
        images.add(CrashImage.of(rootNode, state, unsynced));
      }
    }
    return images;
  }

  private CrashImage.Node node(Path path) throws IOException {
    CrashImage.Node node = live.get(path);
    if (node == null) {
      throw new IOException("the model does not know " + path);
    }
    return node;
  }

  private CrashImage.Name name(Path path) throws IOException {
    return new CrashImage.Name(
        (CrashImage.Directory) node(Objects.requireNonNull(path.getParent())),
        path.getFileName().toString());
  }

  private void added(Path path, CrashImage.Node node) throws IOException {
    live.put(path, node);
    pending.add(new Step(null, name(path), node, false));
  }

  private void removed(Path path) throws IOException {
    CrashImage.Node node = node(path);
    pending.add(new Step(name(path), null, node, false));
    live.remove(path);
  }

  private void commit(CrashImage.Node node) {
    int last = -1;
    for (int i = 0; i < pending.size(); i++) {
      if (pending.get(i).touches(node)) {
        last = i;
      }
    }
    List<Step> journal = pending.subList(0, last + 1);
    journal.forEach(step -> step.applyTo(committed));
    journal.clear();
  }

  @Override
  public FileFacts stat(Path path) throws IOException {
    return delegate.stat(path);
  }

  @Override
  public long changedNanos(Path path) throws IOException {
    return delegate.changedNanos(path);
  }

  @Override
  public long usableBytes(Path directory) {
    return delegate.usableBytes(directory);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    return delegate.list(directory);
  }

  @Override
  public synchronized void createDirectory(Path directory) throws IOException {
    delegate.createDirectory(directory);
    added(directory, new CrashImage.Directory());
  }

  @Override
  public synchronized void removeDirectory(Path directory) throws IOException {
    delegate.removeDirectory(directory);
    removed(directory);
  }

  @Override
  public synchronized FileHandle createExclusive(Path file) throws IOException {
    FileHandle handle = delegate.createExclusive(file);
    CrashImage.File node = new CrashImage.File(new byte[0], new byte[0]);
    added(file, node);
    return new JournalledFile(file, handle, node);
  }

  @Override
  public FileHandle openForReading(Path file) throws IOException {
    return delegate.openForReading(file);
  }

  @Override
  public FileHandle openForWriting(Path file) throws IOException {
    // Only mapped files: what is written to a segment the model reads from it.
    return delegate.openForWriting(file);
  }

  @Override
  public synchronized void rename(Path source, Path target) throws IOException {
    delegate.rename(source, target);
    CrashImage.Node node = node(source);
    pending.add(new Step(name(source), name(target), node, true));
    live.remove(source);
    live.put(target, node);
  }

  @Override
  public synchronized void link(Path newName, Path existing) throws IOException {
    delegate.link(newName, existing);
    added(newName, node(existing));
  }

  @Override
  public synchronized void unlink(Path file) throws IOException {
    delegate.unlink(file);
    removed(file);
  }

  @Override
  public AsynchronousFileChannel openForLocks(Path file, boolean create) throws IOException {
    return delegate.openForLocks(file, create);
  }

  /** Makes the bytes durable that are stored to a mapping, and no name. */
  @Override
  public synchronized SyncHandle openForSync(Path file) throws IOException {
    SyncHandle handle = delegate.openForSync(file);
    CrashImage.File node = (CrashImage.File) node(file);
    return new SyncHandle() {
      @Override
      public void sync() throws IOException {
        synchronized (JournalledFileOps.this) {
          node.sync();
        }
      }

      @Override
      public void sync(MappedByteBuffer mapping, int length) throws IOException {
        synchronized (JournalledFileOps.this) {
          node.sync(length);
        }
      }

      @Override
      public void close() throws IOException {
        handle.close();
      }
    };
  }

  @Override
  public synchronized DirectoryHandle openDirectory(Path directory) throws IOException {
    DirectoryHandle handle = delegate.openDirectory(directory);
    CrashImage.Node node = directory.startsWith(root) ? node(directory) : rootNode;
    return new DirectoryHandle() {
      @Override
      public FileFacts facts() {
        return handle.facts();
      }

      @Override
      public void sync() {
        synchronized (JournalledFileOps.this) {
          commit(node);
        }
      }

      @Override
      public void close() throws IOException {
        handle.close();
      }
    };
  }

  private final class JournalledFile implements FileHandle {
    private final Path path;
    private final FileHandle handle;
    private final CrashImage.File node;

    JournalledFile(Path path, FileHandle handle, CrashImage.File node) {
      this.path = path;
      this.handle = handle;
      this.node = node;
    }

    @Override
    public FileFacts facts() throws IOException {
      return handle.facts();
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      ByteBuffer copy = source.duplicate();
      handle.write(source);
      synchronized (JournalledFileOps.this) {
        node.append(copy);
      }
    }

    @Override
    public void write(ByteBuffer source, long position) {
      throw new UnsupportedOperationException("no crash image is made of a mapped file");
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      return handle.read(target, position);
    }

    @Override
    public MappedByteBuffer mapReadOnly(long length) throws IOException {
      return handle.mapReadOnly(length);
    }

    @Override
    public MappedByteBuffer mapShared(long length) throws IOException {
      MappedByteBuffer mapped = handle.mapShared(length);
      synchronized (JournalledFileOps.this) {
        node.mapped(FileChannel.open(path, StandardOpenOption.READ));
      }
      return mapped;
    }

    @Override
    public void sync() throws IOException {
      synchronized (JournalledFileOps.this) {
        node.sync();
        commit(node);
      }
    }

    @Override
    public void close() throws IOException {
      handle.close();
    }
  }
}
