package io.warmstart.stress.mount;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The mounts of this process, as {@code /proc/self/mountinfo} lists them.
 *
 * <p>The JDK's {@code Files.getFileStore} names the lower mount where one lies over another.
 */
record MountTable(List<Mount> mounts) {
  private static final int POINT = 4;
  private static final int OPTIONS = 5;
  private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

  /**
   * One mount.
   *
   * @param device its number, such as {@code 254:0}
   * @param point where it is mounted
   * @param options of the mount, then of the file system
   */
  record Mount(String device, Path point, String type, String source, String options) {}

  MountTable {
    mounts = List.copyOf(mounts);
  }

  static MountTable ofThisProcess() throws IOException {
    return parse(Files.readString(Path.of("/proc/self/mountinfo")));
  }

  static MountTable parse(String text) {
    List<Mount> mounts = new ArrayList<>();
    for (String line : text.lines().toList()) {
      // number parent device root mount-point options fields... - type source options
      List<String> words = List.of(line.split(" ", -1));
      int type = words.indexOf("-") + 1;
      if (type > 0 && words.size() >= type + 3) {
        mounts.add(
            new Mount(
                words.get(2),
                Path.of(unescape(words.get(POINT))),
                words.get(type),
                unescape(words.get(type + 1)),
                words.get(OPTIONS) + "," + words.get(type + 2)));
      }
    }
    return new MountTable(mounts);
  }

  /** The mount that a real path lies on: of those that match at greatest length, the last made. */
  Optional<Mount> of(Path realPath) {
    Mount found = null;
    for (Mount each : mounts) {
      if (realPath.startsWith(each.point())
          && (found == null || each.point().getNameCount() >= found.point().getNameCount())) {
        found = each;
      }
    }
    return Optional.ofNullable(found);
  }

  /** The kernel writes a space, a tab, a line's end and a backslash in octal. */
  private static String unescape(String word) {
    return OCTAL
        .matcher(word)
        .replaceAll(
            each ->
                Matcher.quoteReplacement(
                    String.valueOf((char) Integer.parseInt(each.group(1), 8))));
  }
}
