package io.warmstart.stress.volume;

import io.warmstart.model.Durability;
import io.warmstart.stress.mount.Disks;
import java.util.ArrayList;
import java.util.List;

/** What the proof of reliability consists of. */
public final class VolumePlan {
  private VolumePlan() {}

  /**
   * The rows in order.
   *
   * @param scale how many times as much each is to do
   */
  public static List<VolumeRow> rows(int scale) {
    List<VolumeRow> rows = new ArrayList<>();
    // First these, as much as comes of a time: who cuts the run off has seen them all once.
    for (String each :
        List.of(
            "stopped-holder",
            "claims",
            "disk-full",
            "foreign",
            "foreign-read",
            "containers",
            "machines",
            "remote-kill",
            "remote-outage",
            "remote-claims",
            "parallel-cv",
            "clock")) {
      rows.add(new VolumeRow(each, Durability.IN_FILES, Disks.HERE, 3, 10, 0));
    }
    for (Durability each : Durability.values()) {
      boolean inFiles = each == Durability.IN_FILES;
      // No power is cut in these two: in memory a sync costs nothing, and they come to more.
      rows.add(new VolumeRow("kill", each, Disks.MEMORY, 6, 30, inFiles ? 1_000 : 400));
      rows.add(
          new VolumeRow("eviction-race", each, Disks.MEMORY, 8, 60, inFiles ? 50_000 : 20_000));
    }
    // On a disk, where a save lies for milliseconds between its steps.
    rows.add(overwriteRead(Durability.IN_FILES, "ext4"));
    rows.add(overwriteRead(Durability.POWER_SAFE, "xfs"));
    rows.add(overwriteRead(Durability.PROCESS_SAFE, "ext4"));
    for (Durability each : Durability.values()) {
      // It makes disks of its own: ext4, xfs, and one that keeps nothing but what it must.
      rows.add(new VolumeRow("power-cut", each, Disks.HERE, 1, 40, 60));
    }
    rows.add(new VolumeRow("faults", Durability.IN_FILES, Disks.MEMORY, 1, 60, 0));
    rows.add(new VolumeRow("fuzz", Durability.IN_FILES, Disks.MEMORY, 2, 60, 200_000));
    rows.add(new VolumeRow("soak", Durability.POWER_SAFE, Disks.HERE, 2, 60, 0));
    return rows.stream().map(row -> row.times(scale)).toList();
  }

  private static VolumeRow overwriteRead(Durability durability, String fileSystem) {
    return new VolumeRow("overwrite-read", durability, fileSystem, 4, 40, 2_000_000);
  }
}
