package io.warmstart.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A namespace is a part of what is hashed. */
class NamespaceTest {
  /** Computed by Python's hashlib from docs/format.md: other languages find the key. */
  @Test
  void itsNameIsAbsorbedFirstAsAStringWithATagOfItsOwn() {
    assertEquals(
        "e9df6e36e1c058881601ff8ed6bb02b2a5334013a06dcc03c1693cc7853f3a6e",
        key(new Namespace("team/digits"), "digits").toHex());
  }

  private static Fingerprint key(Namespace namespace, String text) {
    return namespace.fingerprinter().absorbString("test", text).finish();
  }

  /** What is cut elsewhere between namespace and text, or has none, is another key. */
  @Test
  void noTwoNamespacesShareAKeyNorDoesOneWithNone() {
    Set<Fingerprint> keys = new HashSet<>();
    List<String> texts = List.of("", "a", "/a", "b/a", "team", "team/a");
    List<String> names = List.of("team", "team/a", "team/a/b", "a", "Team");
    for (String text : texts) {
      assertTrue(keys.add(new Fingerprinter().absorbString("test", text).finish()), text);
      for (String name : names) {
        assertTrue(keys.add(key(new Namespace(name), text)), name + " " + text);
        assertTrue(
            keys.add(
                new Fingerprinter()
                    .absorbString("namespace", name)
                    .absorbString("test", text)
                    .finish()),
            name + " " + text);
      }
    }
    assertEquals(texts.size() * (1 + 2 * names.size()), keys.size());
  }

  @Test
  void aNameOfLettersDigitsAndPartsIsTaken() {
    for (String name : List.of("a", "7", "team/digits", "A.b_c-d/0/z-", "x".repeat(128))) {
      assertEquals(name, new Namespace(name).toString());
      assertEquals(new Namespace(name), new Namespace(name));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/", "/a", "a/", "a//b", "a/.b", "-a", ".", "..", "a b", "a\n", "ä", "a\\b"})
  void whatCannotBeAloneOnALineIsRefused(String name) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> new Namespace(name));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.startsWith("namespace is not usable: expected="), message);
    assertTrue(message.chars().allMatch(c -> c >= ' ' && c <= '~'), message);
  }

  @Test
  void aNameThatIsTooLongIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Namespace("x".repeat(129)));
    assertThrows(IllegalArgumentException.class, () -> new Namespace("a/".repeat(1 << 20) + "!"));
  }
}
