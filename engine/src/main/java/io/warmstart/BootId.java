package io.warmstart;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Which boot of which machine this is, as the Linux kernel tells it. */
final class BootId {
  private static final Path KERNEL_BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private BootId() {}

  /**
   * The first eight bytes of the kernel's random boot id.
   *
   * @throws IOException if the file cannot be read now
   * @throws StoreException on a host that the store was not made for
   */
  static long read() throws IOException {
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new StoreException(
          "this host is not supported: expected=little-endian actual=" + ByteOrder.nativeOrder());
    }
    try {
      String text = Files.readString(KERNEL_BOOT_ID, StandardCharsets.US_ASCII);
      return Long.parseUnsignedLong(text.replace("-", "").substring(0, 16), 16);
    } catch (NoSuchFileException | RuntimeException e) {
      throw new StoreException(
          "this host is not supported: expected=Linux with a kernel boot id actual="
              + System.getProperty("os.name")
              + " file="
              + KERNEL_BOOT_ID,
          e);
    }
  }
}
