package io.warmstart.lookup;

import io.warmstart.access.Expiry;
import io.warmstart.format.Manifest;
import io.warmstart.io.RootGoneException;
import io.warmstart.journal.JournalView;
import io.warmstart.key.KeyRecount;
import io.warmstart.model.Digest256;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.KeyContents;
import io.warmstart.model.RootInspection;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.RootDirectory;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.Labels;
import io.warmstart.policy.Limits;
import io.warmstart.policy.Pins;
import io.warmstart.quarantine.Quarantine;
import io.warmstart.ranking.Candidate;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Looks at a whole root and changes nothing. */
public final class InspectFlow {
  private final RootDirectory root;
  private final KeyRecount recount;
  private final Quarantine quarantine;
  private final Expiry expiry;
  private final Pins pins;
  private final Labels labels;
  private final JournalView journal;

  public InspectFlow(
      RootDirectory root,
      JournalView journal,
      KeyRecount recount,
      Quarantine quarantine,
      Expiry expiry,
      Pins pins,
      Labels labels) {
    this.root = root;
    this.journal = journal;
    this.recount = recount;
    this.quarantine = quarantine;
    this.expiry = expiry;
    this.pins = pins;
    this.labels = labels;
  }

  public List<Fingerprint> keys() {
    try {
      List<Fingerprint> keys = new ArrayList<>();
      for (Digest256 key : allKeys()) {
        keys.add(Fingerprint.ofDigest(key));
      }
      return keys;
    } catch (IOException e) {
      throw StoreFailures.ofReading("cannot list root", root.path(), e);
    }
  }

  /** Those that have a directory, and those that have entries in the journal alone. */
  private Collection<Digest256> allKeys() throws IOException {
    Set<Digest256> journalled = journal.keys();
    List<Digest256> inFiles = root.keys();
    journalled.removeAll(Set.copyOf(inFiles));
    if (journalled.isEmpty()) {
      return inFiles;
    }
    TreeSet<Digest256> all = new TreeSet<>(inFiles);
    for (Digest256 key : journalled) {
      if (!journal.entriesOf(key).isEmpty()) {
        all.add(key);
      }
    }
    return all;
  }

  /** To be asked before the files are listed: what goes from the one is in the other. */
  private JournalledRuns journalled(Digest256 key) throws IOException {
    return new JournalledRuns(journal.entriesOf(key));
  }

  /** The same of all keys; one that cannot be listed is among them. */
  public List<KeyContents> contents(Limits limits) {
    List<KeyContents> all = new ArrayList<>();
    for (Fingerprint key : keys()) {
      try {
        all.add(listed(key, limits));
      } catch (RootGoneException e) {
        throw StoreFailures.ofReading("cannot list root", root.path(), e);
      } catch (IOException e) {
        all.add(unlisted(key, e));
      }
    }
    return List.copyOf(all);
  }

  private KeyContents unlisted(Fingerprint key, IOException failure) {
    try {
      return new KeyContents(
          key,
          List.of(),
          recount.recordedBytes(key.digest()),
          0,
          pins.lookOrNone().keys().contains(key.digest()),
          labelsOf(key.digest()),
          Optional.of(StoreFailures.describe(failure)));
    } catch (IOException e) {
      throw StoreFailures.ofReading("cannot list root", root.path(), e);
    }
  }

  /** What lies under one key, by its manifests and the journal; no payload is read. */
  public KeyContents contents(Fingerprint key, Limits limits) {
    try {
      return listed(key, limits);
    } catch (IOException e) {
      throw StoreFailures.ofReading("cannot list key", root.directory(key.digest()).path(), e);
    }
  }

  private KeyContents listed(Fingerprint key, Limits limits) throws IOException {
    KeyDirectory directory = root.directory(key.digest());
    JournalledRuns journalled = journalled(directory.key());
    KeyListing listing = KeyListing.withSizes(root.ops(), directory);
    Pins.Known pinned = pins.lookOrNone();
    List<KeyContents.Listed> entries = new ArrayList<>();
    for (Candidate candidate : journalled.over(listing.candidates())) {
      boolean expired = expiry.isExpired(limits, directory.key(), candidate);
      boolean isPinned = pinned.covers(directory.key(), candidate.runId());
      entries.add(listed(candidate, expired, isPinned));
    }
    entries.sort(KeyContents.LATEST_FIRST);
    return new KeyContents(
        key,
        List.copyOf(entries),
        recount.bytesOf(directory, listing),
        listing.suspects().size(),
        pinned.keys().contains(directory.key()),
        labelsOf(directory.key()),
        Optional.empty());
  }

  /** None where this user may not read them: what lies under the key is told all the same. */
  private SortedMap<String, String> labelsOf(Digest256 key) throws IOException {
    try {
      return labels.of(key);
    } catch (AccessDeniedException e) {
      return new TreeMap<>();
    }
  }

  private static KeyContents.Listed listed(Candidate candidate, boolean expired, boolean pinned) {
    Manifest manifest = candidate.manifest();
    return new KeyContents.Listed(
        candidate.runId(),
        manifest.objective(),
        manifest.iteration(),
        manifest.finalResult() ? EntryKind.FINAL : EntryKind.CHECKPOINT,
        manifest.payloadBytes(),
        manifest.written().unixSecs(),
        manifest.written().nanos(),
        manifest.accessed(),
        manifest.accessedAt().unixSecs(),
        manifest.accessedAt().nanos(),
        expired,
        pinned);
  }

  /**
   * The state of the root.
   *
   * @param processes how many are alive
   */
  public RootInspection inspect(Limits limits, int processes) {
    try {
      Collection<Digest256> keys = allKeys();
      long entries = 0;
      long bytes = 0;
      long otherFiles = 0;
      long otherBytes = 0;
      long unreadable = 0;
      for (Digest256 key : keys) {
        KeyDirectory directory = root.directory(key);
        try {
          JournalledRuns journalled = journalled(key);
          KeyListing listing = KeyListing.withSizes(root.ops(), directory);
          bytes += recount.bytesOf(directory, listing);
          entries += journalled.over(listing.candidates()).size();
          otherFiles += listing.otherFiles();
          otherBytes += listing.otherBytes();
        } catch (RootGoneException e) {
          throw e;
        } catch (IOException e) {
          bytes += recount.recordedBytes(key);
          unreadable++;
        }
      }
      long quarantineBytes = quarantine.heldBytes();
      return new RootInspection(
          entries,
          keys.size(),
          bytes + quarantineBytes,
          quarantineBytes,
          otherFiles,
          otherBytes,
          limits.budgetOver(bytes + quarantineBytes),
          processes,
          unreadable);
    } catch (IOException e) {
      throw StoreFailures.ofReading("cannot look at root", root.path(), e);
    }
  }
}
