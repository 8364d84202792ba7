package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.Entry;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Namespace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where an entry lies that is not where it was looked for first.
 *
 * @param root that it lies in
 * @param namespace of its key, if it has one
 * @param key that it lies under
 */
record SeedFacts(Path root, Optional<Namespace> namespace, Fingerprint key) {
  /** Null if it lies under the key in the store's root. */
  static @Nullable SeedFacts of(
      Entry entry, WarmStartStore store, Fingerprint key, Optional<Namespace> namespace) {
    return entry.key().equals(key) && entry.root().equals(store.root())
        ? null
        : new SeedFacts(entry.root(), namespace, entry.key());
  }

  void addTo(List<Page.Fact> facts) {
    facts.add(new Page.Fact("from root", root.toString()));
    namespace.ifPresent(each -> facts.add(new Page.Fact("from namespace", each.name())));
    facts.add(new Page.Fact("from key", key.toHex()));
  }

  static void writeJson(JsonGenerator json, @Nullable SeedFacts seed) throws IOException {
    if (seed == null) {
      json.writeNullField("seed");
      return;
    }
    json.writeObjectFieldStart("seed");
    json.writeStringField("root", seed.root.toString());
    json.writeStringField("namespace", seed.namespace.map(Namespace::name).orElse(null));
    json.writeStringField("key", seed.key.toHex());
    json.writeEndObject();
  }
}
