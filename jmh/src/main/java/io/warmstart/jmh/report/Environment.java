package io.warmstart.jmh.report;

import io.warmstart.stress.report.Host;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where and when results were measured: the header of every report. */
public final class Environment {
  private Environment() {}

  /** The facts by name, in the order in which a reader asks for them. */
  public static Map<String, String> describe(GitTree tree) throws IOException {
    Host host = Host.ofThisMachine();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("started", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    facts.put("engine's commit", tree.commit() + (tree.dirty() ? " with uncommitted changes" : ""));
    facts.put("processor", host.processor() + ", cores=" + host.processors());
    facts.put("memory", host.memory());
    facts.put("kernel", host.system());
    facts.put("jvm", host.jvm());
    return facts;
  }
}
