package io.warmstart.model;

import java.util.Map;

/**
 * A store as tools for JVMs see it (JConsole, VisualVM, a Prometheus exporter), under the name
 * {@code io.warmstart:type=Store,root="…",id=…}. Asking looks at no file but whether the root is
 * there. An attribute that cannot be told, since the root is gone for instance, is an error of that
 * attribute.
 */
public interface StoreMXBean {
  /** {@return the root's directory} */
  String getRoot();

  /** {@return the root's bytes, as {@link StoreStats#bytes}; -1 if nobody knows them} */
  long getBytes();

  /** {@return the budget that the store goes by, in bytes: {@link StoreStats#sizeBudgetBytes}} */
  long getSizeBudgetBytes();

  /** {@return processes that have the root open for writing: {@link StoreStats#liveProcesses}} */
  int getLiveProcesses();

  /**
   * {@return each counter by its {@linkplain StoreCounter#label label}, as {@link
   * StoreStats#counters}}
   */
  Map<String, Long> getCounters();
}
