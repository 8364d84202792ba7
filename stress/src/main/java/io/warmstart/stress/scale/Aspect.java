package io.warmstart.stress.scale;

import java.util.List;

/** What is made larger and larger, and what is said of it. */
enum Aspect {
  ENTRIES(
      "Entries of a root",
      "entries",
      "Ten runs to a key, payloads of 256 bytes. The root is written as files, so that the first"
          + " save meets a root that nobody has counted, as after a reboot: it waits for the scan"
          + " that makes the index.",
      "-Xmx64m"),
  RUNS(
      "Runs under one key",
      "runs",
      "Payloads of 256 bytes. After a save each lookup of the best goes through the key's records"
          + " in the index; explain and contents read every manifest.",
      "-Xmx128m"),
  PROCESSES(
      "Processes on one root",
      "processes",
      "Each overwrites a run of its own key and looks up its neighbour's, all at once.",
      "-Xmx16m -Xss256k -XX:ReservedCodeCacheSize=16m"),
  PAYLOAD(
      "Payload",
      "MiB",
      "From 2 GiB less 8 bytes on no mapping holds a payload: each lookup copies it.",
      "-Xmx64m");

  private final String title;
  private final String of;
  private final String note;
  private final String flags;

  Aspect(String title, String of, String note, String flags) {
    this.title = title;
    this.of = of;
    this.note = note;
    this.flags = flags;
  }

  String title() {
    return title;
  }

  /** What the sizes count. */
  String of() {
    return of;
  }

  /** What a reader must know of its figures. */
  String note() {
    return note;
  }

  /** The heap of a process that is measured. */
  List<String> flags() {
    return List.of(flags.split(" ", -1));
  }
}
