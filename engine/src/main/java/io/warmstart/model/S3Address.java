package io.warmstart.model;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where a remote of S3 lies: {@code
 * s3://BUCKET[/PREFIX][?endpoint=URL&region=REGION&path-style=true|false]}. It has no credentials:
 * those come from where the AWS SDK looks for them, such as {@code AWS_ACCESS_KEY_ID}.
 *
 * @param bucket its name
 * @param prefix what the names of all objects begin with: empty, or ends with a slash
 * @param endpoint of a server that is not Amazon's; empty if the address names none
 * @param region empty if the address names none
 * @param pathStyle whether the bucket stands in the path of requests, rather than in the name of
 *     the host; by default if there is an endpoint
 */
public record S3Address(
    String bucket,
    String prefix,
    Optional<URI> endpoint,
    Optional<String> region,
    boolean pathStyle) {
  /** The scheme of such addresses. */
  public static final String SCHEME = "s3";

  private static final String EXPECTED =
      "s3://BUCKET[/PREFIX][?endpoint=URL&region=REGION&path-style=true]";

  private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9._-]{3,255}");
  private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,64}");

  /** Names of S3 are 1,024 bytes; a key, a run id and a stamp take up to 212 of them. */
  private static final int MOST_PREFIX_BYTES = 800;

  /**
   * Reads an address.
   *
   * @param url with the scheme {@code s3}
   * @return what it says
   * @throws IllegalArgumentException if it is no such address, or has a user or a password: the
   *     message repeats nothing that may have those
   */
  public static S3Address of(URI url) {
    String authority = url.getRawAuthority();
    if (authority != null && authority.indexOf('@') >= 0) {
      throw new IllegalArgumentException(
          "remote: expected=an address without credentials actual=one with a user or a password");
    }
    if (!SCHEME.equals(url.getScheme())
        || authority == null
        || !BUCKET.matcher(authority).matches()
        || url.getRawFragment() != null) {
      throw refused(EXPECTED, url.toString());
    }
    Map<String, String> settings = settings(url);
    Optional<URI> endpoint =
        Optional.ofNullable(settings.remove("endpoint")).map(S3Address::server);
    Optional<String> region = Optional.ofNullable(settings.remove("region"));
    region.filter(each -> !REGION.matcher(each).matches()).ifPresent(S3Address::refuseRegion);
    String pathStyle = settings.remove("path-style");
    if (pathStyle != null && !pathStyle.equals("true") && !pathStyle.equals("false")) {
      throw refused("path-style=true or path-style=false", "path-style=" + pathStyle);
    }
    if (!settings.isEmpty()) {
      throw refused("endpoint, region or path-style", String.join(" ", settings.keySet()));
    }
    return new S3Address(
        authority,
        prefix(url),
        endpoint,
        region,
        pathStyle == null ? endpoint.isPresent() : pathStyle.equals("true"));
  }

  private static String prefix(URI url) {
    String path = url.getPath() == null ? "" : url.getPath().replaceAll("^/|/$", "");
    boolean odd =
        path.startsWith("/")
            || path.endsWith("/")
            || path.contains("//")
            || path.chars().anyMatch(Character::isISOControl);
    for (String each : path.split("/", -1)) {
      // Servers, and the clients before them, make one path of another.
      odd |= each.equals(".") || each.equals("..");
    }
    if (odd || path.getBytes(StandardCharsets.UTF_8).length > MOST_PREFIX_BYTES) {
      throw refused(
          "a prefix of up to "
              + MOST_PREFIX_BYTES
              + " bytes, without empty parts, dots alone and control characters",
          url.toString());
    }
    return path.isEmpty() ? "" : path + "/";
  }

  private static Map<String, String> settings(URI url) {
    Map<String, String> settings = new HashMap<>();
    String query = url.getRawQuery();
    if (query != null) {
      for (String each : query.split("&", -1)) {
        int equals = each.indexOf('=');
        if (equals < 0) {
          throw refused(EXPECTED, url.toString());
        }
        String value =
            URLDecoder.decode(
                each.substring(equals + 1).replace("+", "%2B"), StandardCharsets.UTF_8);
        if (settings.put(each.substring(0, equals), value) != null) {
          throw refused("each setting once", url.toString());
        }
      }
    }
    return settings;
  }

  private static URI server(String text) {
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      throw refused("endpoint=http://HOST[:PORT] or https://HOST[:PORT]", text);
    }
    boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
    if (url.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          "endpoint: expected=an address without credentials actual=one with a user or a password");
    }
    if (!http
        || url.getHost() == null
        || url.getRawQuery() != null
        || url.getRawFragment() != null) {
      throw refused("endpoint=http://HOST[:PORT] or https://HOST[:PORT]", text);
    }
    return url;
  }

  private static void refuseRegion(String region) {
    throw refused("region such as eu-central-1", region);
  }

  private static IllegalArgumentException refused(String expected, String actual) {
    return new IllegalArgumentException(
        "remote: expected=" + expected + " actual=" + shown(actual));
  }

  /**
   * What a message may say of an address that is refused. Not part of the API.
   *
   * @param address as it was given
   * @return the same, unless it may have a password
   */
  public static String shown(String address) {
    return address.indexOf('@') >= 0 || address.contains("%40") || address.contains("%2540")
        ? "an address with an @, which is not repeated here"
        : address;
  }
}
