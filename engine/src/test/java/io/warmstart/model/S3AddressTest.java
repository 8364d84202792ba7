package io.warmstart.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class S3AddressTest {
  @Test
  void aBucketAloneIsAnAddress() {
    assertEquals(
        new S3Address("fits", "", Optional.empty(), Optional.empty(), false),
        S3Address.of(URI.create("s3://fits")));
    assertEquals(S3Address.of(URI.create("s3://fits")), S3Address.of(URI.create("s3://fits/")));
  }

  @Test
  void aPrefixEndsWithASlashHoweverItIsWritten() {
    assertEquals("a/b c/", S3Address.of(URI.create("s3://fits/a/b%20c")).prefix());
    assertEquals("a/b/", S3Address.of(URI.create("s3://fits/a/b/")).prefix());
  }

  @Test
  void anEndpointHasTheBucketInThePathUnlessItIsToldOtherwise() {
    S3Address address =
        S3Address.of(URI.create("s3://fits/x?endpoint=http://127.0.0.1:7480&region=eu-west-1"));
    assertEquals(Optional.of(URI.create("http://127.0.0.1:7480")), address.endpoint());
    assertEquals(Optional.of("eu-west-1"), address.region());
    assertEquals(true, address.pathStyle());
    assertEquals(
        false,
        S3Address.of(URI.create("s3://fits?endpoint=https%3A%2F%2Fs3.example&path-style=false"))
            .pathStyle());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3:fits",
        "s3:///fits",
        "s3://ab",
        "s3://fits:80/x",
        "s3://fits/x#y",
        "s3://fits//x",
        "s3://fits/a//b",
        "s3://fits/a/../b",
        "s3://fits/./b",
        "s3://fits/a%00b",
        "s3://fits?endpoint",
        "s3://fits?endpoint=ftp://x",
        "s3://fits?endpoint=http:x",
        "s3://fits?endpoint=http://x?y=z",
        "s3://fits?region=EU%20West",
        "s3://fits?path-style=yes",
        "s3://fits?readonly=true",
        "s3://fits?region=a&region=b",
        "file:///fits"
      })
  void whatIsNoneIsRefused(String url) {
    assertThrows(IllegalArgumentException.class, () -> S3Address.of(URI.create(url)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3://me:secret@fits/x",
        "s3a://me:secret@fits/x",
        "S3://me:secret@fits",
        "s3:me:secret@fits",
        "s3://fits?endpoint=http://me:secret@host",
        "s3://fits?endpoint=http://me:secret@host&x",
        "s3://fits?endpoint=http://me:secret@h&endpoint=http://me:secret@h",
        "s3://fits?endpoint=http://me:sec%20secret@h",
        "s3://fits?endpoint=http://me:secret@h:port",
        "s3://fits?endpoint=http%3A%2F%2Fme%3Asecret%40h&endpoint=x",
        "s3://fits?endpoint=http://me:secret@h#x"
      })
  void credentialsAreRefusedAndNotRepeated(String url) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> RemoteOptions.of(URI.create(url)));
    assertFalse(refused.toString().contains("secret"), refused.toString());
  }
}
