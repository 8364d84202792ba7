package io.warmstart.remote.s3;

import io.warmstart.remote.store.RefusedException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.NoSuchFileException;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;

/** What the answers of a server that are no success mean. Holds no credentials, as those do not. */
final class S3Answers {
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int PRECONDITION_FAILED = 412;
  private static final int TOO_MANY = 429;
  private static final int NOT_IMPLEMENTED = 501;

  /** Answers 400 that another attempt with the same settings gets again. */
  private static final Set<String> LASTING =
      Set.of(
          "AuthorizationHeaderMalformed",
          "EntityTooLarge",
          "ExpiredToken",
          "IllegalLocationConstraintException",
          "InvalidBucketName",
          "InvalidToken",
          "TokenRefreshRequired");

  private S3Answers() {}

  /** Whether an object of that name is there. */
  static boolean isTaken(SdkException failure) {
    return status(failure) == PRECONDITION_FAILED;
  }

  /**
   * Whether to ask again in a moment: the server was busy, or at the same name by somebody else.
   */
  static boolean isPassing(SdkException failure) {
    int status = status(failure);
    return status == CONFLICT
        || status == TOO_MANY
        || (status >= 500 && status != NOT_IMPLEMENTED)
        || code(failure).equals("RequestTimeout");
  }

  /** Whether the object is not there, while its bucket is. */
  static boolean isMissing(SdkException failure) {
    return status(failure) == NOT_FOUND && !code(failure).equals("NoSuchBucket");
  }

  /**
   * Whether a connection has ended without an answer. One that was never made, or on which nothing
   * comes, is another matter: to ask again would take as long again.
   */
  static boolean isCutOff(IOException told) {
    return told.getCause() instanceof SdkClientException failure
        && failure.getCause() instanceof IOException cause
        && !(cause instanceof ConnectException)
        && !(cause instanceof SocketTimeoutException)
        && !(cause instanceof UnknownHostException);
  }

  /**
   * As the remote tells it.
   *
   * @param what was asked, and where
   */
  static IOException told(SdkException failure, String what, String name) {
    if (isMissing(failure) && !name.isEmpty()) {
      NoSuchFileException missing = new NoSuchFileException(what);
      missing.initCause(failure);
      return missing;
    }
    String told = what + ": " + reason(failure);
    return isRefusal(failure)
        ? new RefusedException(told, failure)
        : new IOException(told, failure);
  }

  private static boolean isRefusal(SdkException failure) {
    int status = status(failure);
    String code = code(failure);
    return status == 301
        || status == 307
        || status == 401
        || status == 403
        || status == NOT_FOUND
        || status == NOT_IMPLEMENTED
        || LASTING.contains(code)
        || lacksCredentials(failure);
  }

  /** The SDK has no type for it. */
  private static boolean lacksCredentials(SdkException failure) {
    return status(failure) == 0
        && String.valueOf(failure.getMessage()).contains("Unable to load credentials");
  }

  private static String reason(SdkException failure) {
    int status = status(failure);
    if (lacksCredentials(failure)) {
      return "no credentials, as of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile";
    }
    if (status == 0) {
      Throwable cause = failure.getCause() == null ? failure : failure.getCause();
      return cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }
    String code = code(failure);
    String hint =
        switch (code) {
          case "RequestTimeTooSkewed" -> ", this machine's clock is wrong";
          case "AuthorizationHeaderMalformed",
              "IllegalLocationConstraintException",
              "PermanentRedirect",
              "TemporaryRedirect" ->
              ", the bucket may be of another region";
          case "NotImplemented" -> ", it may know no conditional puts";
          default -> "";
        };
    return status + (code.isEmpty() ? "" : " " + code) + hint;
  }

  /** 0 if there was no answer. */
  private static int status(SdkException failure) {
    return failure instanceof AwsServiceException answer ? answer.statusCode() : 0;
  }

  private static String code(SdkException failure) {
    if (failure instanceof AwsServiceException answer && answer.awsErrorDetails() != null) {
      String code = answer.awsErrorDetails().errorCode();
      return code == null ? "" : code;
    }
    return "";
  }
}
