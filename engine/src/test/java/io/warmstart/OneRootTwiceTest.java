package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.key.LeftoversTest;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.StoreException;
import io.warmstart.testing.Await;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One root twice in one JVM. A lock file that is opened twice loses all locks of the process as
 * soon as one of the two is closed; the process then counted as dead to all others, for its life.
 */
@Tag("slow")
@Timeout(120)
class OneRootTwiceTest {
  @TempDir Path parent;

  @Test
  void twoMountsOfOneRootAreOneEngine() throws Exception {
    Path root = Files.createDirectory(parent.resolve("a"));
    Path mount = Files.createDirectory(parent.resolve("b"));
    Assumptions.assumeTrue(
        run("mount", "--bind", root.toString(), mount.toString()), "mounting takes the superuser");
    try {
      WarmStartStore one = WarmStartStore.open(root);
      try (WarmStartStore other = WarmStartStore.open(mount)) {
        assertEquals(one.root(), other.root());
        other.save(Payloads.key("any"), new byte[1], EntryAttributes.checkpoint());
        assertTrue(one.lookup(Payloads.key("any")).isPresent());

        one.close();

        assertAliveToOthers(other, root);
      }
      WarmStartStore.open(mount).close();
    } finally {
      run("umount", "-l", mount.toString());
    }
  }

  /** Not the root is the same, but what it is locked by. */
  @Test
  void twoRootsOnOneLockFileAreNotBothOpened() throws Exception {
    Path root = Files.createDirectory(parent.resolve("a"));
    Path other = Files.createDirectory(parent.resolve("b"));
    try (WarmStartStore store = WarmStartStore.open(root)) {
      Files.createDirectory(other.resolve(".warmstart"));
      Files.createLink(other.resolve(".warmstart/locks"), root.resolve(".warmstart/locks"));

      StoreException refused = assertThrows(StoreException.class, () -> WarmStartStore.open(other));

      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains("open in this JVM already"), message);
      assertTrue(message.contains(root.resolve(".warmstart/locks").toString()), message);
      assertAliveToOthers(store, root);
    }
    WarmStartStore.open(other).close();
  }

  /** A root that was renamed, and another in its place, is not the one that is open. */
  @Test
  void whatThePathLeadsToNowIsWhatIsShared() throws Exception {
    Path root = Files.createDirectory(parent.resolve("a"));
    try (WarmStartStore first = WarmStartStore.open(root)) {
      first.save(Payloads.key("any"), new byte[1], EntryAttributes.checkpoint());
      Path moved = Files.move(root, parent.resolve("moved"));
      Files.createDirectory(root);

      try (WarmStartStore again = WarmStartStore.open(root)) {
        assertEquals(first.root(), again.root());
        assertTrue(again.lookup(Payloads.key("any")).isEmpty());
      }
      assertTrue(Files.exists(moved.resolve(Payloads.key("any").toHex())));
    }
  }

  /** It was refused until the next heartbeat, as if another class loader had it open. */
  @RepeatedTest(4)
  void aRootThatWasMovedCanBeOpenedAtOnceByItsNewName() throws Exception {
    Path root = Files.createDirectory(parent.resolve("a"));
    Path moved = parent.resolve("b");
    try (WarmStartStore first = WarmStartStore.open(root)) {
      Files.move(root, moved);

      try (WarmStartStore again = WarmStartStore.open(moved)) {
        again.save(Payloads.key("any"), new byte[1], EntryAttributes.checkpoint());
        assertThrows(StoreException.class, first::keys);
        assertAliveToOthers(again, moved);
      }
    }
  }

  /** Two web applications, or one that is deployed again, or a build daemon. */
  @Test
  void aSecondClassLoaderIsRefusedWhichDropsNoLockUntilTheFirstHasClosed() throws Exception {
    Path root = Files.createDirectory(parent.resolve("a"));
    try (WarmStartStore store = WarmStartStore.open(root);
        ForkedJvm child = ForkedJvm.start(TwoLoaders.class, root.toString())) {
      String open = root.toRealPath().resolve(".warmstart/locks").toString();
      for (String how : List.of("refused", "without properties", "and again", "lock file gone")) {
        String message = child.awaitLine(how);
        assertTrue(message.contains("open in this JVM already"), message);
        if (!how.equals("without properties") && !how.equals("and again")) {
          assertTrue(message.contains(open), message);
        }
        if (!how.equals("lock file gone")) {
          assertEquals(2, store.stats().liveProcesses(), how);
        }
        child.tell();
      }
      assertEquals("opened", child.awaitLine("after the first has closed"));
      Await.until("both are attached", () -> store.stats().liveProcesses() >= 2);
      child.tell();
      child.awaitLine("closed");
      assertEquals(1, store.stats().liveProcesses());
    }
  }

  /** Opens a root through one class loader, and tries to through another. */
  static final class TwoLoaders {
    private TwoLoaders() {}

    public static void main(String[] args) throws Exception {
      Path root = Path.of(args[0]);
      Class<?> one = load();
      Class<?> two = load();
      AutoCloseable first = open(one, root);
      System.out.println("refused " + refusal(two, root));
      ForkedJvm.awaitParent();
      // As test frameworks and build daemons do.
      Properties before = System.getProperties();
      Properties others = new Properties();
      before.stringPropertyNames().stream()
          .filter(name -> !name.startsWith("io.warmstart."))
          .forEach(name -> others.setProperty(name, before.getProperty(name)));
      System.setProperties(others);
      System.out.println("without properties " + refusal(two, root));
      ForkedJvm.awaitParent();
      System.out.println("and again " + refusal(two, root));
      ForkedJvm.awaitParent();
      System.setProperties(before);
      Files.delete(root.resolve(".warmstart/locks"));
      System.out.println("lock file gone " + refusal(two, root));
      ForkedJvm.awaitParent();
      first.close();
      try (AutoCloseable second = open(two, root)) {
        System.out.println("after the first has closed " + (second == null ? "null" : "opened"));
        ForkedJvm.awaitParent();
      }
      System.out.println("closed");
      ForkedJvm.untilKilled();
    }

    private static Class<?> load() throws Exception {
      List<URL> path = new ArrayList<>();
      for (String each : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
        path.add(Path.of(each).toUri().toURL());
      }
      ClassLoader loader =
          new URLClassLoader(path.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
      return loader.loadClass(WarmStartStore.class.getName());
    }

    private static AutoCloseable open(Class<?> store, Path root) throws Exception {
      return (AutoCloseable) store.getMethod("open", Path.class).invoke(null, root);
    }

    private static String refusal(Class<?> store, Path root) throws Exception {
      try (AutoCloseable opened = open(store, root)) {
        return "not: " + opened;
      } catch (InvocationTargetException e) {
        return String.valueOf(e.getTargetException().getMessage());
      }
    }
  }

  private static void assertAliveToOthers(WarmStartStore store, Path root) throws Exception {
    try (ForkedJvm another = ForkedJvm.start(LeftoversTest.RootHolder.class, root.toString())) {
      another.awaitLine("owner");
      another.tell();
      assertEquals(2, store.stats().liveProcesses());
      assertEquals("2", another.awaitLine("live"));
    }
  }

  private static boolean run(String... command) throws Exception {
    return new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }
}
