"""Letters to people: written from templates, posted by SMTP; neither knows storage nor Temporal."""
