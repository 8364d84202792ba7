package io.warmstart.process;

import io.warmstart.model.StoreException;
import io.warmstart.runtime.EngineLog;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;

/** Which boot of which machine this is, as the Linux kernel tells it. */
public final class BootId {
  private static final Path KERNEL_BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private static final String LINUX = "Linux";

  private BootId() {}

  /**
   * The first eight bytes of the kernel's random boot id.
   *
   * <p>A hardened service or a container may not see it. A random number serves then: it is that of
   * no file that is there, so what no other process uses is made new, and what one uses is joined,
   * since that is proven by the kernel's locks and by no id.
   *
   * @throws IOException if it is there and cannot be read now
   * @throws StoreException on a host that the store was not made for
   */
  public static long read() throws IOException {
    return read(KERNEL_BOOT_ID);
  }

  public static long read(Path file) throws IOException {
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new StoreException(
          "this host is not supported: expected=little-endian actual=" + ByteOrder.nativeOrder());
    }
    try {
      String text = Files.readString(file, StandardCharsets.US_ASCII);
      return Long.parseUnsignedLong(text.replace("-", "").substring(0, 16), 16);
    } catch (NoSuchFileException | AccessDeniedException | RuntimeException e) {
      if (!LINUX.equals(System.getProperty("os.name"))) {
        throw new StoreException(
            "this host is not supported: expected="
                + LINUX
                + " actual="
                + System.getProperty("os.name"),
            e);
      }
      EngineLog.info(
          "this process does not see the kernel's boot id: the index is made again whenever no"
              + " other process has the root open: file="
              + file);
      return new SecureRandom().nextLong();
    }
  }
}
