package io.warmstart.remote.s3;

import io.warmstart.model.S3Address;
import java.time.Duration;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.AwsProfileRegionProvider;
import software.amazon.awssdk.regions.providers.AwsRegionProviderChain;
import software.amazon.awssdk.regions.providers.SystemSettingsRegionProvider;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;

/** Makes clients that other servers than Amazon's understand, and that wait for none for ever. */
final class S3ClientFactory {
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration SILENCE = Duration.ofSeconds(10);

  private S3ClientFactory() {}

  /**
   * Makes one. Credentials come from where the SDK looks for them, and are asked for again when
   * they expire.
   */
  static S3Client make(S3Address address) {
    S3ClientBuilder builder =
        S3Client.builder()
            .httpClientBuilder(
                UrlConnectionHttpClient.builder().connectionTimeout(CONNECT).socketTimeout(SILENCE))
            // The caller decides what is asked again: a put that was repeated behind its back would
            // be refused for the object that it has made itself.
            .overrideConfiguration(each -> each.retryStrategy(AwsRetryStrategy.doNotRetry()))
            // By default bodies have trailers, which other servers refuse, or take for the object.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .forcePathStyle(address.pathStyle())
            .serviceConfiguration(
                S3Configuration.builder()
                    .chunkedEncodingEnabled(false)
                    // A round trip for each put, to spare a body that is hardly ever refused.
                    .expectContinueEnabled(false)
                    .build());
    address.endpoint().ifPresent(builder::endpointOverride);
    if (address.region().isPresent()) {
      builder.region(Region.of(address.region().get()));
    } else if (address.endpoint().isPresent()) {
      builder.region(regionBesideEndpoint());
    }
    return builder.build();
  }

  /**
   * Another server than Amazon's has any; only a machine of Amazon's could be asked for its own.
   */
  private static Region regionBesideEndpoint() {
    try {
      Region named =
          new AwsRegionProviderChain(
                  new SystemSettingsRegionProvider(), new AwsProfileRegionProvider())
              .getRegion();
      return named == null ? Region.US_EAST_1 : named;
    } catch (SdkClientException e) {
      // Nobody has named one.
      return Region.US_EAST_1;
    }
  }
}
