package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.StoreMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Set;
import javax.management.JMX;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a tool for JVMs sees of a store, for as long as it is open. */
class ManagementTest {
  @TempDir Path root;
  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

  private Set<ObjectName> names(WarmStartStore store) throws Exception {
    return names(store.root());
  }

  private Set<ObjectName> names(Path of) throws Exception {
    return server.queryNames(
        new ObjectName("io.warmstart:type=Store,root=" + ObjectName.quote(of.toString()) + ",*"),
        null);
  }

  @Test
  void aStoreIsAnMBeanUntilItIsClosed() throws Exception {
    StoreOptions managed = StoreOptions.defaults().withManagement(true).withSizeBudgetBytes(9_999);
    try (WarmStartStore store = WarmStartStore.open(root, managed)) {
      store.save(Payloads.key("k"), new byte[100], EntryAttributes.checkpoint());
      store.evictOverflow();
      assertTrue(store.lookup(Payloads.key("none")).isEmpty());
      ObjectName name = names(store).iterator().next();

      StoreMXBean bean = JMX.newMXBeanProxy(server, name, StoreMXBean.class);

      assertEquals(store.root().toString(), bean.getRoot());
      assertEquals(store.stats().bytes().orElseThrow(), bean.getBytes());
      assertEquals(9_999, bean.getSizeBudgetBytes());
      assertEquals(1, bean.getLiveProcesses());
      assertEquals(1, bean.getCounters().get("saves"));
      assertEquals(1, bean.getCounters().get("misses"));
      try (WarmStartStore another = WarmStartStore.open(root, managed)) {
        assertEquals(2, names(another).size());
      }
      assertEquals(Set.of(name), names(store));
    }
    assertEquals(Set.of(), names(root.toRealPath()));
  }

  @Test
  void oneThatIsNotAskedForIsNone() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      assertEquals(Set.of(), names(store));
    }
  }
}
