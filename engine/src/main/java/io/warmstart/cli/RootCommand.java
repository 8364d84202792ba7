package io.warmstart.cli;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Digest256;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.RemoteState;
import io.warmstart.model.Retention;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** A command on a root. */
abstract class RootCommand implements Callable<Integer> {
  static final String ENGINE_DIRECTORY = ".warmstart";

  /** Lies in the root of each ext file system; what others keep there begins with a dot. */
  private static final String OF_THE_FILE_SYSTEM = "lost+found";

  @Mixin CommonOptions common;

  @Parameters(
      index = "0",
      paramLabel = "ROOT",
      converter = Arguments.PathArgument.class,
      description = "The store's directory.")
  Path root;

  final Streams streams;

  RootCommand(Streams streams) {
    this.streams = streams;
  }

  /** Does it. */
  abstract int run(Output output) throws IOException, InterruptedException;

  @Override
  public final Integer call() throws IOException, InterruptedException {
    return run(new Output(streams, common.json));
  }

  /**
   * For commands that count or touch: on a root that cannot be written to they do what can be done.
   */
  WarmStartStore openForReading(Output output) {
    return openForReading(output, null, List.of());
  }

  /** The same with seeds, and with a remote if the root can be written to. */
  WarmStartStore openForReading(Output output, @Nullable RemoteOptions remote, List<Path> seeds) {
    requireRoot();
    requireNoOthersDirectory();
    StoreOptions options = common.storeOptions().withSeeds(seeds);
    try {
      return WarmStartStore.open(root, remote == null ? options : options.withRemote(remote));
    } catch (ReadOnlyStoreException | StorageFullException e) {
      WarmStartStore store = WarmStartStore.open(root, options.withReadOnly(true));
      output.note(
          (remote == null ? "" : "the remote is not asked, and ")
              + "accesses are not recorded: "
              + e.getMessage());
      return store;
    }
  }

  /**
   * For commands that only look: they leave no trace on a root, nor make a store of a directory.
   */
  WarmStartStore openForLooking() {
    requireRoot();
    return WarmStartStore.open(root, common.storeOptions().withReadOnly(true));
  }

  /** For commands that change what is there: who asks for them wants all of it looked at. */
  WarmStartStore openExisting() {
    requireRoot();
    requireNoOthersDirectory();
    return WarmStartStore.open(root, common.storeOptions().withForeignCheckInterval(Duration.ZERO));
  }

  /** For what is meant for all who use the root, from now on. */
  WarmStartStore openForPolicy(@Nullable Retention retention) {
    requireNoOthersDirectory();
    StoreOptions options = common.storeOptions(PolicyUse.CHANGE);
    return WarmStartStore.open(
        root, retention == null ? options : options.withRetention(retention));
  }

  /** For commands that may be the first on a root. */
  WarmStartStore openOrCreate(@Nullable RemoteOptions remote) {
    requireNoOthersDirectory();
    StoreOptions options = common.storeOptions();
    return WarmStartStore.open(root, remote == null ? options : options.withRemote(remote));
  }

  /** Where a power cut may take what was saved, its user should know. */
  static void noteNames(WarmStartStore store, Output output) {
    if (store.readOnly()) {
      // Nothing is saved here; and a file system that an error has closed to all writers refuses.
      return;
    }
    try {
      if (!store.syncsDirectories()) {
        output.note(
            "this file system cannot sync a directory: a power cut may take what was saved root="
                + store.root());
      }
    } catch (StoreException e) {
      // What the command was asked for is done and told.
      output.note("whether a power cut may take what was saved is not known: " + e.getMessage());
    }
  }

  /** Whether a budget is one: under a damaged policy there is none, told as the largest number. */
  static boolean hasBudget(WarmStartStore store, long budgetBytes) {
    return budgetBytes != Long.MAX_VALUE || store.policy().damage().isEmpty();
  }

  /** What the remote could not do, if there is one. */
  static void noteRemote(WarmStartStore store, Output output) {
    store
        .remote()
        .flatMap(RemoteState::lastFailure)
        .ifPresent(failure -> output.note("the remote could not be used: " + failure));
  }

  /** Opening for writing would make a missing root, and a slip of the finger a new store. */
  private void requireRoot() {
    try {
      if (!Files.readAttributes(root, BasicFileAttributes.class).isDirectory()) {
        throw new StoreException("root is not a directory: root=" + root);
      }
    } catch (NoSuchFileException e) {
      throw new StoreException("root does not exist: root=" + root, e);
    } catch (IOException e) {
      throw new StoreException(
          "root cannot be looked at: " + Failure.reason(e) + " root=" + root, e);
    }
  }

  /**
   * Opening for writing makes a store of a directory: not of one that has other things in it and no
   * entry, which a slip of the finger has named.
   */
  private void requireNoOthersDirectory() {
    Path other = other();
    if (other != null) {
      throw new StoreException(
          "not a store, and none is made of a directory that has other things in it: expected="
              + ENGINE_DIRECTORY
              + ", a key, or nothing actual="
              + Page.quoted(other.getFileName().toString())
              + " root="
              + root);
    }
  }

  /** What lies in a directory that is no store; null if it is one, or there is no such thing. */
  private @Nullable Path other() {
    if (!Files.isDirectory(root)
        || Files.exists(root.resolve(ENGINE_DIRECTORY), LinkOption.NOFOLLOW_LINKS)) {
      return null;
    }
    Path other = null;
    try (DirectoryStream<Path> names = Files.newDirectoryStream(root)) {
      for (Path each : names) {
        String name = each.getFileName().toString();
        // The original's root has keys alone; and a sibling may be faster.
        if (Digest256.isHex(name) || name.equals(ENGINE_DIRECTORY)) {
          return null;
        }
        if (!name.equals(OF_THE_FILE_SYSTEM) && !name.startsWith(".")) {
          other = each;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // Opening it tells.
      return null;
    }
    return other;
  }
}
