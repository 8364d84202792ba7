package io.warmstart.entry;

import io.warmstart.format.ManifestFormatException;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Renames a staged pair into place, under the key's lock.
 *
 * <p>The order is: keep a link to the payload that is being replaced; rename the payload; rename
 * the manifest, which commits; look whether both are really there; drop the link. The two renames
 * stand back to back, because a reader of the original store that sees the new payload with the old
 * manifest deletes both. If the second rename fails, the link is renamed back, so that a failed
 * save leaves the version before it.
 *
 * <p>Safe for all threads; the caller holds the lock of the key.
 */
public final class Publisher {
  private static final long ABSENT = -1;

  private final FileOps ops;

  public Publisher(FileOps ops) {
    this.ops = ops;
  }

  /**
   * What a publish did.
   *
   * @param replacedBytes the bytes of the pair that it replaced; 0 if there was none
   * @param inPlace whether both files were found in place after the renames; if not, a store that
   *     knows no lock has removed them
   * @param leftLink whether the link to the version before could not be removed: a leftover
   */
  public record Published(long replacedBytes, boolean inPlace, boolean leftLink) {}

  /**
   * Publishes.
   *
   * @param mayReplace whether the run id may exist already
   * @throws NoSuchFileException if the directory or the staged files have vanished
   * @throws IOException if a rename failed; the version before is in place, unless a suppressed
   *     exception says that it could not be put back, in which case recovery completes the save
   */
  public Published publish(StagedPair pair, boolean mayReplace) throws IOException {
    Path payload = pair.directory().payload(pair.runId());
    Path manifest = pair.directory().manifest(pair.runId());
    long replacedBytes = mayReplace ? pairBytes(payload, manifest) : 0;
    Previous previous = mayReplace ? linkPrevious(pair, payload) : Previous.NONE;
    try {
      ops.rename(pair.stagedPayload(), payload);
    } catch (IOException | RuntimeException | Error e) {
      dropLink(previous, pair, e);
      throw e;
    }
    try {
      ops.rename(pair.stagedManifest(), manifest);
    } catch (IOException | RuntimeException | Error e) {
      if (!completedByOthers(pair, e)) {
        undo(previous, pair, payload, e);
        throw e;
      }
    }
    boolean inPlace = inPlace(pair);
    boolean dropped = dropLink(previous, pair, null);
    return new Published(replacedBytes, inPlace, !dropped);
  }

  /** What is kept of the payload that is being replaced. */
  private enum Previous {
    /** There is none. */
    NONE,
    LINKED,
    /** There is one, and no second link to it could be made. */
    NOT_LINKED
  }

  /** Whether both names lead to the files of this pair. */
  private boolean inPlace(StagedPair pair) {
    return is(pair.directory().payload(pair.runId()), pair.payloadFacts())
        && is(pair.directory().manifest(pair.runId()), pair.manifestFacts());
  }

  /**
   * Whether a published pair is still there: itself, or that of a later save of the same run, which
   * has taken its place by right.
   *
   * <p>A touch of the original store reads a manifest, and renames what it read back into place
   * with a new stamp, after a sync. If a save comes in between, the manifest before it is put over
   * the new one, and the next reader of the original deletes both halves.
   *
   * <p>A later save renames its payload first. So a manifest that is not ours tells of a foreign
   * hand only if the payload is ours after the look at it, and not only before.
   */
  public boolean stands(StagedPair pair) {
    try {
      return !holdsOurPayload(pair) || holdsOurManifest(pair) || !holdsOurPayload(pair);
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      // Both renames have succeeded, which says more than a look that fails.
      return true;
    }
  }

  private boolean holdsOurPayload(StagedPair pair) throws IOException {
    return ops.stat(pair.directory().payload(pair.runId())).sameContentAs(pair.payloadFacts());
  }

  /** Whether the manifest is ours, or tells of our payload with another stamp. */
  private boolean holdsOurManifest(StagedPair pair) throws IOException {
    Path manifest = pair.directory().manifest(pair.runId());
    try {
      return ops.stat(manifest).sameContentAs(pair.manifestFacts())
          || ManifestFile.read(ops, manifest)
              .manifest()
              .checksum()
              .equals(pair.manifest().checksum());
    } catch (NoSuchFileException | ManifestFormatException e) {
      return false;
    }
  }

  private boolean is(Path path, FileFacts expected) {
    try {
      return ops.stat(path).sameContentAs(expected);
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  /** What counts of the pair that is there: without a manifest a payload is no entry's. */
  private long pairBytes(Path payload, Path manifest) throws IOException {
    long payloadBytes = sizeOf(payload);
    long manifestBytes = sizeOf(manifest);
    return manifestBytes == ABSENT ? 0 : manifestBytes + Math.max(0, payloadBytes);
  }

  private long sizeOf(Path path) throws IOException {
    try {
      FileFacts facts = ops.stat(path);
      if (facts.directory()) {
        throw new FileSystemException(path.toString(), null, "is a directory");
      }
      return facts.size();
    } catch (NoSuchFileException e) {
      return ABSENT;
    }
  }

  private Previous linkPrevious(StagedPair pair, Path payload) {
    try {
      ops.link(pair.previousPayload(), payload);
      return Previous.LINKED;
    } catch (NoSuchFileException e) {
      return Previous.NONE;
    } catch (IOException | UnsupportedOperationException e) {
      // No hard links on this file system, or not to a file of another user. The save goes on
      // without: only an error of the second rename could not be undone then, and would be
      // answered by completing the save later.
      return Previous.NOT_LINKED;
    }
  }

  /**
   * Whether somebody whom our lock does not keep out has taken us for dead between the renames, and
   * has done the second one for us.
   */
  private boolean completedByOthers(StagedPair pair, Throwable failure) {
    return failure instanceof NoSuchFileException
        && is(pair.directory().manifest(pair.runId()), pair.manifestFacts());
  }

  private void undo(Previous previous, StagedPair pair, Path payload, Throwable because) {
    if (because instanceof NoSuchFileException && !is(payload, pair.payloadFacts())) {
      // Not ours any more, but gone, or that of another machine's save.
      dropLink(previous, pair, because);
      return;
    }
    try {
      switch (previous) {
        case NONE -> ops.unlink(payload);
        case LINKED -> ops.rename(pair.previousPayload(), payload);
        case NOT_LINKED -> throw new IOException("no link to the payload before could be made");
      }
    } catch (IOException e) {
      because.addSuppressed(
          new UndoFailedException(
              previous == Previous.NONE
                  ? "the payload could not be taken back"
                  : "the version before could not be put back",
              pair,
              e));
    }
  }

  private boolean dropLink(Previous previous, StagedPair pair, @Nullable Throwable because) {
    if (previous != Previous.LINKED) {
      return true;
    }
    try {
      ops.unlink(pair.previousPayload());
      return true;
    } catch (IOException e) {
      // After the commit it is a leftover that a sweep removes; before it, part of the failure.
      if (because != null) {
        because.addSuppressed(e);
      }
      return false;
    }
  }

  /** Neither done nor undone: the staged files stay, for recovery to complete the save. */
  public static final class UndoFailedException extends IOException {
    private static final long serialVersionUID = 1L;

    UndoFailedException(String what, StagedPair pair, IOException cause) {
      super(what + ": run=" + pair.runId() + " directory=" + pair.directory().path(), cause);
    }
  }
}
