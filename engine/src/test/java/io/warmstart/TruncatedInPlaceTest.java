package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A backup that was copied over a root in use truncated the files in place. A fit that was reading
 * a payload of 1 MiB, which was mapped then, died of SIGBUS.
 */
@Tag("slow")
class TruncatedInPlaceTest {
  private static final int LARGEST_COPY = 16 << 20;

  @TempDir Path root;

  @Test
  void anEntryThatIsHeldKeepsItsBytesWhenItsFileIsTruncated() throws Exception {
    for (int length : new int[] {1 << 20, LARGEST_COPY}) {
      try (ForkedJvm child =
          ForkedJvm.start(Reader.class, root.toString(), Integer.toString(length))) {
        assertEquals("the old bytes", child.awaitLine("read"));
      }
    }
  }

  /** Holds an entry whose file it truncates, and reads all of it. */
  static final class Reader {
    private Reader() {}

    public static void main(String[] args) throws IOException {
      Path root = Path.of(args[0]);
      byte[] saved = new byte[Integer.parseInt(args[1])];
      Arrays.fill(saved, (byte) 'w');
      Fingerprint key = Payloads.key("in place");
      try (WarmStartStore store = WarmStartStore.open(root)) {
        store.saveOverwrite(key, "run", saved, EntryAttributes.checkpoint());
        try (Entry entry = store.lookup(key).orElseThrow()) {
          Path payload = KeyFiles.of(root, key).payload("run");
          try (FileChannel file = FileChannel.open(payload, StandardOpenOption.WRITE)) {
            file.truncate(0);
          }
          boolean same = Arrays.equals(saved, Payloads.bytes(entry));
          System.out.println("read " + (same ? "the old bytes" : "others"));
        }
      }
    }
  }
}
