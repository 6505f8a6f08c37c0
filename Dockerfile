# The service. docker build -t synthgen . && docker run -p 8501:8501 synthgen
FROM python:3.12-slim
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY synthgen_tf synthgen_tf
COPY savedmodels savedmodels
RUN pip install --no-cache-dir -c constraints.txt '.[serve]' \
 && useradd --create-home synthgen
USER synthgen
EXPOSE 8501
HEALTHCHECK --interval=30s --start-period=60s --timeout=5s \
  CMD python -c "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/healthz', timeout=4)"
# SYNTHGEN_TOKEN asks clients for a token
CMD ["synthgen", "serve", "--host", "0.0.0.0"]
