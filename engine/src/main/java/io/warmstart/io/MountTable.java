package io.warmstart.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The mounts that this process sees, as the kernel tells them in {@code /proc/self/mountinfo}.
 *
 * <p>A path lies on the mount that one comes to by walking down from the root: each mount names the
 * one that it lies on, so what is mounted over another hides it, and all that is mounted below it.
 * The JDK's {@link Files#getFileStore} takes the first mount with the right directory instead,
 * which is the hidden one (17 and 25).
 */
public final class MountTable {
  private static final Path SOURCE = Path.of("/proc/self/mountinfo");

  /** In a line, before the lone hyphen: id, parent, device, root, mount point, options. */
  private static final int LEAST_FIELDS = 6;

  private record Mount(long id, long parent, String point, String type) {}

  private final List<Mount> mounts = new ArrayList<>();
  private final Set<Long> ids = new HashSet<>();

  private MountTable() {}

  /**
   * Reads the table.
   *
   * @throws IOException if there is no {@code /proc}, or its table cannot be understood
   */
  public static MountTable read() throws IOException {
    return parse(Files.readAllBytes(SOURCE));
  }

  /** Names are bytes to the kernel: here each byte is one character of ISO 8859-1. */
  static MountTable parse(byte[] text) throws IOException {
    MountTable table = new MountTable();
    for (String line : new String(text, StandardCharsets.ISO_8859_1).split("\n", -1)) {
      if (!line.isEmpty()) {
        Mount mount = mount(line);
        table.mounts.add(mount);
        table.ids.add(mount.id());
      }
    }
    return table;
  }

  private static Mount mount(String line) throws IOException {
    String[] fields = line.split(" ", -1);
    int hyphen = LEAST_FIELDS;
    while (hyphen < fields.length && !fields[hyphen].equals("-")) {
      hyphen++;
    }
    try {
      if (hyphen + 1 < fields.length) {
        return new Mount(
            Long.parseLong(fields[0]),
            Long.parseLong(fields[1]),
            unescape(fields[4]),
            unescape(fields[hyphen + 1]));
      }
    } catch (NumberFormatException e) {
      throw new IOException("a line of the mount table cannot be read: actual=" + line, e);
    }
    throw new IOException("a line of the mount table has too few fields: actual=" + line);
  }

  /** Space, tab, newline and backslash are written as a backslash and three octal digits. */
  private static String unescape(String field) {
    StringBuilder plain = new StringBuilder(field.length());
    for (int i = 0; i < field.length(); i++) {
      boolean octal = field.charAt(i) == '\\' && i + 3 < field.length();
      for (int digit = 1; octal && digit <= 3; digit++) {
        octal = field.charAt(i + digit) >= '0' && field.charAt(i + digit) <= '7';
      }
      if (octal) {
        plain.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        plain.append(field.charAt(i));
      }
    }
    return plain.toString();
  }

  /**
   * The kernel's name for the type of the file system that a path lies on; empty if none of the
   * mounts in the table leads there, as in some containers.
   *
   * @param realPath without symbolic links: {@link Path#toRealPath}
   */
  public Optional<String> typeAt(Path realPath) {
    return typeAt(bytesOf(realPath));
  }

  /** The same for a path of which each byte is one character. */
  Optional<String> typeAt(String path) {
    Mount current = above(null, "/");
    for (int slash = 0; slash >= 0 && path.length() > 1; ) {
      slash = path.indexOf('/', slash + 1);
      current = above(current, slash < 0 ? path : path.substring(0, slash));
    }
    return Optional.ofNullable(current).map(Mount::type);
  }

  /** The uppermost of the mounts that lie on one at a directory; itself if there is none. */
  private @Nullable Mount above(@Nullable Mount lower, String point) {
    Mount top = lower;
    // No more steps than there are mounts: a table that was read while it changed may have a
    // circle.
    for (int step = 0; step < mounts.size(); step++) {
      Mount next = null;
      for (Mount mount : mounts) {
        if (mount.point().equals(point) && liesOn(mount, top)) {
          next = mount;
        }
      }
      if (next == null) {
        return top;
      }
      top = next;
    }
    return top;
  }

  private boolean liesOn(Mount mount, @Nullable Mount lower) {
    if (lower == null) {
      // The first: it lies on what this process cannot see, or on itself.
      return mount.parent() == mount.id() || !ids.contains(mount.parent());
    }
    return mount.parent() == lower.id() && mount.id() != lower.id();
  }

  /**
   * The bytes of a path as the kernel knows it. Its text would not do: where this JVM's locale
   * cannot spell a byte, a replacement stands there.
   */
  private static String bytesOf(Path path) {
    String raw = path.toUri().getRawPath();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      if (raw.charAt(i) == '%') {
        bytes.write(Integer.parseInt(raw.substring(i + 1, i + 3), 16));
        i += 2;
      } else {
        bytes.write(raw.charAt(i));
      }
    }
    String plain = bytes.toString(StandardCharsets.ISO_8859_1);
    // An URI tells a directory by its last character.
    return plain.length() > 1 && plain.endsWith("/")
        ? plain.substring(0, plain.length() - 1)
        : plain;
  }
}
