package io.warmstart;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestCodec;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.StagedName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What lies in a root, read without the engine's flows. */
public final class RootFiles {
  /** Whole pairs, by {@code key/run id}, with the version that each holds. */
  public final Map<String, String> whole = new TreeMap<>();

  /** Halves and pairs that do not fit, by {@code key/run id}, with what is wrong. */
  final Map<String, String> broken = new TreeMap<>();

  /** Names of staged files. */
  final List<String> staged = new ArrayList<>();

  /** Names in the quarantine. */
  final List<String> quarantined = new ArrayList<>();

  /** What the budget counts: everything in key directories and in the quarantine. */
  public long bytes;

  private RootFiles() {}

  public static RootFiles read(Path root) throws IOException {
    RootFiles files = new RootFiles();
    for (Path directory : list(root)) {
      if (DirectoryNames.isKeyDirectory(directory.getFileName().toString())) {
        for (Path file : list(directory)) {
          files.add(directory, file);
        }
      }
    }
    Path quarantine = root.resolve(".warmstart").resolve("quarantine");
    if (Files.exists(quarantine)) {
      for (Path file : list(quarantine)) {
        files.quarantined.add(file.getFileName().toString());
        files.bytes += Files.size(file);
      }
    }
    return files;
  }

  private void add(Path directory, Path file) throws IOException {
    try {
      bytes += Files.size(file);
    } catch (NoSuchFileException e) {
      // Renamed since the listing, or removed, by a store that is at work.
      return;
    }
    String name = file.getFileName().toString();
    if (StagedName.parse(name) != null) {
      staged.add(name);
      return;
    }
    int dot = name.lastIndexOf('.');
    String runId = dot < 0 ? name : name.substring(0, dot);
    String entry = directory.getFileName() + "/" + runId;
    if (whole.containsKey(entry) || broken.containsKey(entry)) {
      return;
    }
    Path manifestPath = directory.resolve(runId + ".json");
    Path payloadPath = directory.resolve(runId + ".bin");
    if (!Files.exists(manifestPath) || !Files.exists(payloadPath)) {
      broken.put(entry, "only " + name);
      return;
    }
    byte[] payload = Files.readAllBytes(payloadPath);
    byte[] text = Files.readAllBytes(manifestPath);
    try {
      Manifest manifest = ManifestCodec.decode(text, text.length);
      if (manifest.payloadBytes() == payload.length
          && manifest.checksum().toHex().equals(sha256(payload))) {
        whole.put(entry, Versions.nameOf(payload));
      } else {
        broken.put(entry, "payload of another version than the manifest");
      }
    } catch (ManifestFormatException e) {
      broken.put(entry, String.valueOf(e.getMessage()));
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What lies in a directory, sorted. */
  static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> names = Files.list(directory)) {
      return names.sorted().toList();
    }
  }

  @Override
  public String toString() {
    return "whole="
        + whole
        + " broken="
        + broken
        + " staged="
        + staged
        + " quarantined="
        + quarantined;
  }
}
