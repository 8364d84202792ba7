package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Retention;
import io.warmstart.model.RootPolicy;
import io.warmstart.model.StorageFullException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows or sets the policy of a root. */
@Command(
    name = "policy",
    header = "Shows or sets the root's budget, TTL and retention, for all who use it.",
    description = {
      "%nWithout --budget, --ttl or --retention it only shows. What is named is the root's from now"
          + " on; other processes notice within a second. Nothing is evicted by this command: the"
          + " next save or sweep goes by it. A damaged policy, under which nothing is evicted and nothing"
          + " expires, is replaced. On a full disk it cannot be written: evict --budget makes room."
          + " Exit code 1 if it is damaged.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart policy /tmp/fits",
      "  warmstart policy /tmp/fits --budget 10G --ttl 30d",
      "  warmstart policy /tmp/fits --retention keep-best-and-latest"
    })
final class PolicyCommand extends RootCommand {
  @Option(
      order = 1,
      names = "--retention",
      paramLabel = "WHAT",
      converter = Arguments.RetentionArgument.class,
      description =
          "What eviction spares until nothing else is left: original (nothing), or"
              + " keep-best-and-latest (of each key).")
  @Nullable Retention retention;

  PolicyCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    boolean change = common.budgetBytes != null || common.ttl != null || retention != null;
    try (WarmStartStore store = change ? openForPolicy(retention) : openForLooking()) {
      RootPolicy policy = store.policy();
      if (change && !says(policy)) {
        throw notWritten(store);
      }
      output.answer(new Stands(policy));
      return policy.damage().isEmpty() ? ExitCodes.DONE : ExitCodes.MISS_OR_PROBLEM;
    }
  }

  /** Whether it is what was asked for: a store opens on a full disk, too, and writes it later. */
  private boolean says(RootPolicy policy) {
    return (common.budgetBytes == null
            || (policy.sizeBudgetOrigin() == RootPolicy.Origin.NAMED
                && policy.sizeBudgetBytes().equals(OptionalLong.of(common.budgetBytes))))
        && (common.ttl == null
            || (policy.ttlOrigin() == RootPolicy.Origin.NAMED
                && policy.ttl().equals(Optional.of(common.ttl))))
        && (retention == null || policy.retention() == retention);
  }

  private static StorageFullException notWritten(WarmStartStore store) {
    Path file = store.root().resolve(ENGINE_DIRECTORY).resolve("policy");
    return new StorageFullException(
        "the policy cannot be written, no space is left on its device: file="
            + file
            + (store.policy().damage().isPresent()
                ? " (it is damaged; once that file is moved out of the root, evict --budget"
                : " (evict --budget")
            + " goes by a budget without writing it, and makes room)",
        new FileSystemException(file.toString(), null, "no space left on device"));
  }

  private record Stands(RootPolicy policy) implements Answer {
    @Override
    public void writeText(Page page) {
      List<Page.Fact> lines = new ArrayList<>();
      lines.add(new Page.Fact("budget", budget()));
      lines.add(new Page.Fact("ttl", ttl()));
      policy.ttlSince().ifPresent(since -> lines.add(new Page.Fact("ttl since", since.toString())));
      lines.add(new Page.Fact("retention", Quantities.word(policy.retention())));
      policy.damage().ifPresent(damage -> lines.add(new Page.Fact("damaged", damage)));
      page.facts(lines);
      if (policy.damage().isPresent()) {
        page.line("nothing is evicted and nothing expires; --budget or --ttl sets it");
      }
    }

    private String budget() {
      if (policy.sizeBudgetBytes().isEmpty()) {
        return "none yet";
      }
      return Quantities.exactSize(policy.sizeBudgetBytes().getAsLong())
          + ", "
          + origin(policy.sizeBudgetOrigin());
    }

    private String ttl() {
      return policy
          .ttl()
          .map(
              ttl ->
                  (ttl.isZero() ? "never" : Quantities.span(ttl))
                      + ", "
                      + origin(policy.ttlOrigin()))
          .orElse("none yet");
    }

    private static String origin(RootPolicy.Origin origin) {
      return switch (origin) {
        case NAMED -> "as somebody has named it";
        case DEFAULT -> "the default";
        case KEPT -> "the size that the root had";
      };
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      if (policy.sizeBudgetBytes().isPresent()) {
        json.writeNumberField("size_budget_bytes", policy.sizeBudgetBytes().getAsLong());
        json.writeStringField("size_budget_origin", Quantities.word(policy.sizeBudgetOrigin()));
      } else {
        json.writeNullField("size_budget_bytes");
        json.writeNullField("size_budget_origin");
      }
      if (policy.ttl().isPresent()) {
        Duration ttl = policy.ttl().get();
        json.writeNumberField("ttl_seconds", ttl.toSeconds());
        json.writeStringField("ttl_origin", Quantities.word(policy.ttlOrigin()));
        json.writeStringField("ttl_since", policy.ttlSince().orElseThrow().toString());
      } else {
        json.writeNullField("ttl_seconds");
        json.writeNullField("ttl_origin");
        json.writeNullField("ttl_since");
      }
      json.writeStringField("retention", Quantities.word(policy.retention()));
      if (policy.damage().isPresent()) {
        json.writeStringField("damage", policy.damage().get());
      } else {
        json.writeNullField("damage");
      }
    }
  }
}
