package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Ranking;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An application that switches Agrona's bounds checks off, for its own buffers, killed its JVM when
 * it read from an entry that it had closed.
 */
@Tag("slow")
class UncheckedBoundsTest {
  @TempDir Path root;

  /** Reads from open and closed entries in every way that there is. */
  static final class Reader {
    private Reader() {}

    public static void main(String[] arguments) throws Exception {
      List<String> wrong = new ArrayList<>();
      if (DirectBuffer.SHOULD_BOUNDS_CHECK) {
        wrong.add("bounds are checked");
      }
      byte[] saved = "0123456789".repeat(10).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
      // Where a string's length is looked for there is one.
      ByteBuffer.wrap(saved).order(ByteOrder.nativeOrder()).putInt(0, 4);
      try (WarmStartStore store = WarmStartStore.open(Path.of(arguments[0]))) {
        store.save(Payloads.key("k"), saved, EntryAttributes.checkpoint());
        Entry lent = store.lookup(Payloads.key("k")).orElseThrow();
        DirectBuffer ofLent = lent.payload();
        read(ofLent, false, wrong);
        lent.close();
        read(ofLent, true, wrong);
        Entry reused = new Entry();
        store.lookup(Payloads.key("k"), Ranking.LATEST, reused);
        DirectBuffer ofReused = reused.payload();
        read(ofReused, false, wrong);
        // Its lease serves another by now.
        read(ofLent, true, wrong);
        reused.close();
        read(ofReused, true, wrong);
      }
      System.out.println("wrong " + wrong);
    }

    private static void read(DirectBuffer payload, boolean closed, List<String> wrong)
        throws IllegalAccessException {
      int read = 0;
      for (Method method : DirectBuffer.class.getMethods()) {
        String name = method.getName();
        boolean reads =
            name.startsWith("get") || name.startsWith("parse") || name.equals("addressOffset");
        if (reads && !Modifier.isStatic(method.getModifiers())) {
          read++;
          boolean threw = throwsIllegalState(payload, method);
          if (threw != closed) {
            wrong.add((closed ? "closed " : "open ") + method);
          }
        }
      }
      try {
        new UnsafeBuffer(new byte[10]).putBytes(0, payload, 4, 6);
        if (closed) {
          wrong.add("closed putBytes");
        }
      } catch (IllegalStateException e) {
        if (!closed) {
          wrong.add("open putBytes");
        }
      }
      if (read < 30) {
        wrong.add("only " + read + " methods");
      }
    }

    private static boolean throwsIllegalState(DirectBuffer payload, Method method)
        throws IllegalAccessException {
      Object[] values = new Object[method.getParameterCount()];
      int numbers = 0;
      for (int i = 0; i < values.length; i++) {
        Class<?> type = method.getParameterTypes()[i];
        if (type == int.class) {
          // Where: behind the length, or at it if there is nothing else to say how much.
          boolean ofLength = method.getName().matches("getString(Ascii|Utf8)");
          values[i] =
              numbers++ == 0
                  ? (ofLength ? 0 : 4)
                  : numbers == 2 && has(method, byte[].class) ? 0 : 4;
        } else if (type == byte[].class) {
          values[i] = new byte[8];
        } else if (type == ByteBuffer.class) {
          values[i] = ByteBuffer.allocate(16);
        } else if (type == ByteOrder.class) {
          values[i] = ByteOrder.nativeOrder();
        } else if (type == MutableDirectBuffer.class) {
          values[i] = new UnsafeBuffer(new byte[16]);
        } else {
          values[i] = new java.io.StringWriter();
        }
      }
      try {
        method.invoke(payload, values);
        return false;
      } catch (InvocationTargetException e) {
        if (e.getCause() instanceof IllegalStateException) {
          return true;
        }
        throw new IllegalStateException(method.toString(), e.getCause());
      }
    }

    private static boolean has(Method method, Class<?> type) {
      return List.of(method.getParameterTypes()).contains(type);
    }
  }

  @Test
  void whatIsClosedSaysSoWithoutAgronasChecksToo() throws Exception {
    try (ForkedJvm child =
        ForkedJvm.command(Reader.class, root.toString())
            .flag("-Dagrona.disable.bounds.checks=true")
            .start()) {
      assertEquals("[]", child.awaitLine("wrong"));
    }
  }
}
