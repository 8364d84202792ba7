package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * docs/json.md: the fields of each of its sections, in their order. An output is compared with its
 * section object by object; what was seen of the section is kept, to tell what was not.
 */
final class JsonPage {
  private static final String HEAD = "| field | type | what | null or absent |";

  /** Stands for whatever name a field of its object has. */
  private static final String ANY_NAME = "NAME";

  private static final String ABSENT = "absent";

  /** A field as the page tells it. */
  record Field(String path, Set<String> types, String what, boolean mayBeAbsent) {}

  private final Map<String, Map<String, Field>> sections = new LinkedHashMap<>();
  private final Set<String> wrong = new LinkedHashSet<>();
  private final Set<String> seen = new TreeSet<>();

  static JsonPage read() throws IOException {
    JsonPage page = new JsonPage();
    String section = "";
    boolean fields = false;
    Path file = Path.of(System.getProperty("warmstart.test.projectRoot"), "docs", "json.md");
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith("## ")) {
        section = line.substring(3);
      }
      fields = line.equals(HEAD) || (fields && line.startsWith("|"));
      if (fields && line.startsWith("| `")) {
        List<String> cells = Arrays.stream(line.split("\\|")).map(String::strip).toList();
        Field field =
            new Field(
                cells.get(1).replace("`", ""),
                Set.of(cells.get(2).split(" or ")),
                cells.get(3),
                cells.size() > 4 && cells.get(4).contains(ABSENT));
        Field before =
            page.sections
                .computeIfAbsent(section, any -> new LinkedHashMap<>())
                .put(field.path, field);
        assertEquals(null, before, () -> "twice: " + field.path);
      }
    }
    return page;
  }

  Set<String> sections() {
    return sections.keySet();
  }

  Field field(String section, String path) {
    Field field = sections.getOrDefault(section, Map.of()).get(path);
    if (field == null) {
      throw new AssertionError(section + " has no field " + path);
    }
    return field;
  }

  /** Compares outputs, which show all that a section tells, with it. */
  void compare(String section, List<JsonNode> outputs) {
    Map<String, Field> fields = sections.getOrDefault(section, Map.of());
    wrong.clear();
    seen.clear();
    outputs.forEach(each -> compareObject(fields, "", each));
    for (Field each : fields.values()) {
      for (String type : each.types) {
        require(seen.contains(each.path + " " + type), each.path + ": never seen as " + type);
      }
      if (each.mayBeAbsent) {
        require(seen.contains(each.path + " " + ABSENT), each.path + ": was never absent");
      }
    }
    assertEquals(List.of(), List.copyOf(wrong), () -> section + ": " + outputs);
  }

  private void compareObject(Map<String, Field> fields, String prefix, JsonNode object) {
    List<String> documented = new ArrayList<>();
    for (String path : fields.keySet()) {
      if (path.startsWith(prefix) && path.indexOf('.', prefix.length()) < 0) {
        documented.add(path.substring(prefix.length()));
      }
    }
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    boolean anyName = documented.equals(List.of(ANY_NAME));
    if (!anyName) {
      List<String> inOrder = documented.stream().filter(names::contains).toList();
      List<String> known = names.stream().filter(documented::contains).toList();
      require(known.equals(inOrder), prefix + ": expected=" + inOrder + " actual=" + known);
    }
    for (String name : names) {
      compareValue(fields, prefix + (anyName ? ANY_NAME : name), object.get(name));
    }
    for (String name : documented) {
      if (anyName ? names.isEmpty() : !names.contains(name)) {
        seen.add(prefix + name + " " + ABSENT);
        require(field(fields, prefix + name).mayBeAbsent, prefix + name + ": is absent");
      }
    }
  }

  private void compareValue(Map<String, Field> fields, String path, JsonNode value) {
    Field field = fields.get(path);
    if (field == null) {
      wrong.add(path + ": is not told");
      return;
    }
    String type = typeOf(value);
    require(field.types.contains(type), path + ": is " + type + ", too");
    seen.add(path + " " + type);
    if (value.isObject()) {
      compareObject(fields, path + ".", value);
    }
    for (JsonNode element : value.isArray() ? value : List.<JsonNode>of()) {
      if (element.isObject()) {
        compareObject(fields, path + "[].", element);
      } else {
        boolean strings = field.what.startsWith("strings: ") && element.isTextual();
        require(strings, path + ": has " + typeOf(element));
      }
    }
  }

  private static Field field(Map<String, Field> fields, String path) {
    Field field = fields.get(path);
    if (field == null) {
      throw new AssertionError("no field " + path);
    }
    return field;
  }

  private static String typeOf(JsonNode value) {
    return switch (value.getNodeType()) {
      case NUMBER -> value.isIntegralNumber() ? "integer" : "number";
      case BOOLEAN -> "boolean";
      case STRING -> "string";
      case NULL -> "null";
      case ARRAY -> "array";
      case OBJECT -> "object";
      default -> throw new AssertionError("not of JSON: " + value);
    };
  }

  private void require(boolean right, String otherwise) {
    if (!right) {
      wrong.add(otherwise);
    }
  }
}
