# The backbone's programs: the API (the default) and the projectors, which docker-compose.yml starts from one image.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --home-dir /var/lib/ehr --create-home ehr
WORKDIR /opt/ehr

COPY requirements.lock ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements.lock

COPY pyproject.toml ./
COPY ehr ehr
COPY streams streams
COPY projections projections
COPY fhir_api fhir_api
COPY backbone backbone
COPY simulation simulation
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

USER ehr
# The container's own network is not the world: docker-compose.yml publishes the port on 127.0.0.1 only.
ENV EHR_DATA=/var/lib/ehr EHR_HOST=0.0.0.0 EHR_ALLOW_REMOTE=yes
EXPOSE 8000
CMD ["ehr", "serve"]
