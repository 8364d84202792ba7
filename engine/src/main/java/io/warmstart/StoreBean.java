package io.warmstart;

import io.warmstart.model.StoreException;
import io.warmstart.model.StoreMXBean;
import io.warmstart.model.StoreStats;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import javax.management.JMException;
import javax.management.ObjectName;

/** Registers a store with the JVM's management. Loaded only where that is asked for. */
final class StoreBean implements StoreMXBean, AutoCloseable {
  private static final AtomicLong IDS = new AtomicLong();

  private final Path root;
  private final Supplier<StoreStats> stats;
  private final ObjectName name;

  private StoreBean(Path root, Supplier<StoreStats> stats, ObjectName name) {
    this.root = root;
    this.stats = stats;
    this.name = name;
  }

  static StoreBean register(Path root, Supplier<StoreStats> stats) {
    try {
      ObjectName name =
          new ObjectName(
              "io.warmstart:type=Store,root="
                  + ObjectName.quote(root.toString())
                  + ",id="
                  + IDS.incrementAndGet());
      StoreBean bean = new StoreBean(root, stats, name);
      ManagementFactory.getPlatformMBeanServer().registerMBean(bean, name);
      return bean;
    } catch (JMException e) {
      throw new StoreException("the store cannot be registered as an MBean: root=" + root, e);
    }
  }

  @Override
  public String getRoot() {
    return root.toString();
  }

  @Override
  public long getBytes() {
    return stats.get().bytes().orElse(-1);
  }

  @Override
  public long getSizeBudgetBytes() {
    return stats.get().sizeBudgetBytes();
  }

  @Override
  public int getLiveProcesses() {
    return stats.get().liveProcesses();
  }

  @Override
  public Map<String, Long> getCounters() {
    Map<String, Long> counters = new TreeMap<>();
    stats.get().counters().forEach((counter, sum) -> counters.put(counter.label(), sum));
    return counters;
  }

  @Override
  public void close() {
    try {
      ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
    } catch (JMException e) {
      // Somebody else has done so.
    }
  }
}
